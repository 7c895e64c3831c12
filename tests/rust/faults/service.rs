//! The fault server: the service as far as the tests need it. A script can replace its answers.

use std::collections::{HashSet, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use socket2::SockRef;

use super::request::Request;
use super::step::{Answer, Applied, Step, error_body, reply};

pub(super) const KEY_ID: &str = "fault-key-id";
pub(super) const SECRET: &str = "fault-s3cret/9f1+";
pub(super) const TOKEN: &str = "fault-t0ken/77c=";

/// The service's own limit.
const PAGE: usize = 20;

/// How far a request's date may be off.
const SKEW: u64 = 15 * 60;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) record_name: String,
    pub(super) site_id: i64,
    pub(super) record_id: i64,
}

/// The server's state, and what it has seen.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) creates: u32,
    pub(super) lists: u32,
    pub(super) deletes: u32,
    /// Counts requests of other actions.
    pub(super) calls: u32,
    pub(super) incomplete: u32,
    pub(super) connects: u32,
    pub(super) records: Vec<Stored>,
    /// What was wrong with requests.
    pub(super) problems: Vec<String>,
    pub(super) signatures: Vec<String>,
    /// The security token of each request.
    pub(super) tokens: Vec<String>,
    pub(super) create_script: VecDeque<Step>,
    pub(super) list_script: VecDeque<Step>,
    pub(super) delete_script: VecDeque<Step>,
    pub(super) call_script: VecDeque<Step>,
    /// The answer to requests beyond the script.
    pub(super) create_always: Option<Step>,
    pub(super) list_always: Option<Step>,
    pub(super) call_always: Option<Step>,
    /// The first record's id, if it isn't the usual one.
    pub(super) first_id: Option<i64>,
    /// How many bytes an endless reply has had so far.
    pub(super) written: usize,
    /// A token that is accepted besides the usual one.
    pub(super) other_token: &'static str,
    /// How far the server's clock is ahead, in seconds.
    pub(super) clock_ahead: u64,
    /// A create that is still to be carried out.
    late: Option<Request>,
    nonces: HashSet<String>,
}

/// A running server. Its threads end with the test's process.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// The transport of a connection: TLS or plain.
trait Line: Read + Write + Send {}
impl<T: Read + Write + Send> Line for T {}

impl Service {
    pub(super) fn start(state: State) -> Service {
        Service::accept(TcpListener::bind("127.0.0.1:0").unwrap(), None, state)
    }

    pub(super) fn start_tls(tls: Arc<ServerConfig>, state: State) -> Service {
        Service::accept(TcpListener::bind("127.0.0.1:0").unwrap(), Some(tls), state)
    }

    pub(super) fn accept(listener: TcpListener, tls: Option<Arc<ServerConfig>>, state: State) -> Service {
        let address = listener.local_addr().unwrap();
        let service = Service { address, state: Arc::new(Mutex::new(state)) };
        let server = service.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (server, socket, tls) = (server.clone(), socket.unwrap(), tls.clone());
                server.state().connects += 1;
                socket.set_nodelay(true).unwrap();
                // No test may wait forever.
                socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                thread::spawn(move || {
                    let raw = socket.try_clone().unwrap();
                    match tls {
                        Some(tls) => server.serve(StreamOwned::new(ServerConnection::new(tls).unwrap(), socket), &raw),
                        None => server.serve(socket, &raw),
                    }
                });
            }
        });
        service
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Returns how many creates and lists came.
    pub(super) fn seen(&self) -> (u32, u32) {
        let state = self.state();
        (state.creates, state.lists)
    }

    fn serve(&self, mut line: impl Line, raw: &TcpStream) {
        while let Some(request) = Request::read_head(&mut line) {
            if self.handle(request, &mut line, raw).is_none() {
                return;
            }
        }
    }

    /// Plays one request. Returns `None` if the connection ends with it.
    fn handle(&self, mut request: Request, line: &mut impl Line, raw: &TcpStream) -> Option<()> {
        let step = self.state().next_step(request.action());
        if matches!(step, Some(Step { answer: Answer::ResetInBody, .. })) {
            self.state().incomplete += 1;
            reset(raw);
            return None;
        }
        if !request.read_body(line) {
            self.state().incomplete += 1;
            return None;
        }
        let refusal = self.state().check(&request);
        let normal = match (&step, refusal) {
            (None, Some(refusal)) => refusal,
            (Some(Step { applied: Applied::Late, .. }), _) => {
                self.state().late = Some(request);
                Vec::new()
            }
            (Some(Step { applied: Applied::Not, .. }), _) => Vec::new(),
            _ => self.state().perform(&request),
        };
        self.answer(step.map_or(Answer::Normal, |step| step.answer), normal, line, raw)
    }

    fn answer(&self, answer: Answer, normal: Vec<u8>, line: &mut impl Line, raw: &TcpStream) -> Option<()> {
        match answer {
            Answer::Normal => line.write_all(&normal).ok(),
            Answer::Reply(bytes) => line.write_all(&bytes).ok(),
            Answer::Echo(reply) => {
                let signature = self.state().signatures.last().cloned().unwrap_or_default();
                line.write_all(&reply(&signature)).ok()
            }
            Answer::Bytes(bytes) => {
                let _ = line.write_all(&bytes);
                None
            }
            Answer::Repeat(first, then, every) => {
                let mut goes_on = line.write_all(&first).is_ok();
                while goes_on {
                    thread::sleep(every);
                    goes_on = line.write_all(&then).is_ok();
                    self.state().written += then.len();
                }
                None
            }
            Answer::Hang => {
                let _ = line.read(&mut [0]);
                None
            }
            Answer::Close => None,
            Answer::Reset | Answer::ResetInBody => {
                reset(raw);
                None
            }
        }
    }
}

/// Ends a connection with a reset, without an end of data before it.
///
/// Closing the last descriptor causes the reset. A shutdown before that would announce an end.
pub(super) fn reset(socket: &TcpStream) {
    SockRef::from(socket).set_linger(Some(Duration::ZERO)).unwrap();
}

impl State {
    fn next_step(&mut self, action: &str) -> Option<Step> {
        let (count, script, always) = match action {
            "CreateRoutineRelatedRecord" => (&mut self.creates, &mut self.create_script, &self.create_always),
            "ListRoutineRelatedRecords" => (&mut self.lists, &mut self.list_script, &self.list_always),
            "DeleteRoutineRelatedRecord" => (&mut self.deletes, &mut self.delete_script, &None),
            _ => (&mut self.calls, &mut self.call_script, &self.call_always),
        };
        *count += 1;
        script.pop_front().or_else(|| always.clone())
    }

    fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.clock_ahead)
    }

    /// Returns the refusal of an invalid request.
    fn check(&mut self, request: &Request) -> Option<Vec<u8>> {
        self.signatures.push(request.signature().to_owned());
        let token = request.header("x-acs-security-token");
        self.tokens.push(token.to_owned());
        let is_other = token == self.other_token;
        let mut problem = request.problem(KEY_ID, SECRET, if is_other { self.other_token } else { TOKEN });
        if !self.nonces.insert(request.nonce().to_owned()) || request.nonce().len() < 32 {
            problem = Some(format!("the nonce {:?} is not fresh", request.nonce()));
        }
        if let Some(problem) = problem {
            self.problems.push(problem);
            return Some(reply(400, "", error_body("SignatureDoesNotMatch").as_bytes()));
        }
        if request.seconds_off(self.now()).is_none_or(|off| off > SKEW) {
            let date = format!("Date: {}\r\n", httpdate::fmt_http_date(self.now()));
            return Some(reply(400, &date, error_body("InvalidTimeStamp.Expired").as_bytes()));
        }
        None
    }

    fn perform(&mut self, request: &Request) -> Vec<u8> {
        match request.action() {
            "CreateRoutineRelatedRecord" => {
                if let Some(late) = self.late.take() {
                    self.create(&late);
                }
                self.create(request)
            }
            "ListRoutineRelatedRecords" => self.list(request),
            "GetMatchSite" => reply(200, "", br#"{"RequestId":"R-site","SiteId":1,"SiteName":"example.com"}"#),
            "CreateRoutine" | "CreateSite" | "GetRoutine" => reply(200, "", br#"{"RequestId":"R-call","Status":"OK"}"#),
            _ => reply(404, "", error_body("InvalidAction.NotFound").as_bytes()),
        }
    }

    fn create(&mut self, request: &Request) -> Vec<u8> {
        let (name, record_name) = (request.parameter("Name"), request.parameter("RecordName"));
        let site_id = request.parameter("SiteId").parse().unwrap();
        if self.records.iter().any(|record| record.record_name == record_name && record.site_id == site_id) {
            return reply(400, "", error_body("ParameterAlreadyExist").as_bytes());
        }
        let usual = 3_227_405_728_754_048 + i64::try_from(self.records.len()).unwrap();
        let record_id = self.first_id.take().unwrap_or(usual);
        self.records.push(Stored { name, record_name, site_id, record_id });
        let body = json!({ "RequestId": "R-create", "Status": "OK", "RecordId": record_id });
        reply(200, "", body.to_string().as_bytes())
    }

    /// The search is as fuzzy as possible: it finds all records of the routine.
    fn list(&self, request: &Request) -> Vec<u8> {
        let (name, page) = (request.parameter("Name"), request.parameter("PageNumber").parse::<usize>().unwrap());
        let all: Vec<_> = self.records.iter().filter(|record| record.name == name).collect();
        let records = all.iter().skip((page - 1) * PAGE).take(PAGE).map(|record| {
            let (name, site, id) = (&record.record_name, record.site_id, record.record_id);
            json!({ "RecordName": name, "SiteId": site, "SiteName": "example.com", "RecordId": id })
        });
        let records: Vec<_> = records.collect();
        let body = json!({
            "RequestId": "R-list", "PageNumber": page, "PageSize": PAGE, "TotalCount": all.len(),
            "RelatedRecords": records,
        });
        reply(200, "", body.to_string().as_bytes())
    }
}
