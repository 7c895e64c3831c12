//! Tests what the providers read on this machine: variables, files, and the output of a command.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::clock::Clock;
use crate::environment::Environment;
use crate::log::{Level, Log, Scope};
use crate::scratch::Scratch;
use crate::stats::Counters;
use crate::transport::{Options, Settings};
use crate::wait::{Cancel, Deadline, Task, drive};

/// The result of a client's search: the source, the id, and the token.
type Found = Result<(&'static str, String, Option<String>), String>;

/// Returns what a client finds with only these variables and without instance metadata, and the log.
fn find_with<V: AsRef<OsStr>>(variables: &[(&str, V)], timeout: Duration) -> (Found, Vec<String>) {
    find_within(variables, timeout, None)
}

fn find_within<V: AsRef<OsStr>>(
    variables: &[(&str, V)],
    timeout: Duration,
    cancel: Option<&Cancel>,
) -> (Found, Vec<String>) {
    let variables = variables.iter().map(|(name, value)| (*name, value.as_ref()));
    let on_no_instance = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", OsStr::new("TRUE"));
    let environment = Environment::of(variables.chain([on_no_instance, ("PATH", OsStr::new("/usr/bin:/bin"))]));
    let chain = Chain::new(None, &environment).unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let log = Log::new(Level::Debug, move |record| sink.lock().unwrap().push(record.message.to_owned()));
    let settings = Settings::new(&Options::default(), &Environment::of([("", ""); 0]), &Arc::default()).unwrap();
    let (settings, clock, counters) = (Arc::new(settings), Clock::default(), Counters::default());
    let task = Task::new(cancel.cloned(), None);
    let (limits, attempt) = (task.limits(Deadline::after(timeout)), Duration::from_secs(10));
    let log = Scope::of_call(&log, 0);
    let asker = Asker { settings: &settings, limits, attempt, clock: &clock, log, counters: &counters };
    let cache = Cache::new();
    let found = match drive(&task, cache.get(&chain, &asker)) {
        Ok(credentials) => {
            let token = credentials.security_token().map(str::to_owned);
            Ok((cache.source().unwrap().name(), credentials.access_key_id().to_owned(), token))
        }
        Err(error) => Err(error.message().to_owned()),
    };
    let lines = lines.lock().unwrap().clone();
    (found, lines)
}

fn find(variables: &[(&str, &str)]) -> Found {
    find_with(variables, Duration::from_secs(20)).0
}

fn found(source: &'static str, id: &str, token: Option<&str>) -> Found {
    Ok((source, id.to_owned(), token.map(str::to_owned)))
}

/// Checks that the error has this reason for this source.
fn assert_reason(found: &Found, source: &str, reason: &str) {
    let error = found.as_ref().unwrap_err();
    let told = error.split("; ").find_map(|part| part.split_once(&format!("{source}: ")).map(|(_, reason)| reason));
    assert!(told.is_some_and(|told| told.contains(reason)), "{source}: {reason} is not in: {error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn without_anything_every_provider_gives_its_reason() {
    assert_eq!(
        find(&[]).unwrap_err(),
        "no credentials: environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set; oidc: ALIBABA_CLOUD_ROLE_ARN is not set; \
         cli_profile: HOME is not set; credentials_file: HOME is not set; \
         ecs_ram_role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is set; \
         credentials_uri: ALIBABA_CLOUD_CREDENTIALS_URI is not set"
    );
}

/// A configuration of the command line.
const TWO: &str = r#"{"current": "a", "unknown": {"x": [1]}, "profiles": [
    {"name": "a", "mode": "AK", "access_key_id": "id-a", "access_key_secret": "hunter2", "sts_token": "", "x": 1},
    {"name": "b", "mode": "StsToken", "access_key_id": "id-b", "access_key_secret": "hunter2", "sts_token": "t"}
]}"#;

/// A section of a credentials file.
const KEY: &str = "type = access_key\naccess_key_id = id # mine\naccess_key_secret = hunter2\n";

mod environment_variables {
    use super::*;

    const ID: (&str, &str) = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id");

    #[test]
    fn id_and_secret_are_needed_and_a_token_is_taken() {
        let secret = ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter2");

        assert_eq!(find(&[ID, secret]), found("environment", "id", None));
        assert_eq!(
            find(&[ID, secret, ("ALIBABA_CLOUD_SECURITY_TOKEN", "token")]),
            found("environment", "id", Some("token"))
        );
        assert_eq!(find(&[ID, secret, ("ALIBABA_CLOUD_SECURITY_TOKEN", "")]), found("environment", "id", None));
        assert_reason(&find(&[ID]), "environment", "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set");
    }

    /// Returns a home directory with another account's keys in each file.
    fn another_account() -> Scratch {
        let scratch = Scratch::new();
        scratch.write(".aliyun/config.json", TWO);
        scratch.write(".alibabacloud/credentials", format!("[default]\n{KEY}"));
        scratch
    }

    #[test]
    fn row_125_one_that_cannot_be_used_is_named_and_nobody_else_is_taken() {
        const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
        const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
        let home = another_account();
        let text = |text: &str| OsString::from(text);
        let (id, secret) = (text("id"), text("hunter2"));
        let unusable = ["hunter2\n", "hunter2\r\n", " hunter2", "hunter2\t", "hunter2 \u{7f}", "hünter2", " "];
        let unusable = unusable.map(text).into_iter().chain([OsString::from_vec(b"hunter2\xff".to_vec())]);
        let cases = unusable.flat_map(|value| {
            [
                (ID.0, "has a blank", vec![(ID.0, value.clone()), (SECRET, secret.clone())]),
                (SECRET, "has a blank", vec![(ID.0, id.clone()), (SECRET, value.clone())]),
                (TOKEN, "has a blank", vec![(ID.0, id.clone()), (SECRET, secret.clone()), (TOKEN, value)]),
            ]
        });
        let halves = [
            (SECRET, "is not set", vec![(ID.0, id.clone())]),
            (SECRET, "is empty", vec![(ID.0, id.clone()), (SECRET, text(""))]),
            (ID.0, "is not set", vec![(SECRET, secret.clone())]),
            (ID.0, "is empty", vec![(ID.0, text("")), (SECRET, secret.clone())]),
            (ID.0, "is not set", vec![(TOKEN, text("t"))]),
        ];
        for (name, reason, mut variables) in cases.chain(halves) {
            variables.push(("HOME", home.path().as_os_str().to_owned()));
            let found = find_with(&variables, Duration::from_secs(20)).0;
            assert_reason(&found, "environment", &format!("{name} {reason}"));
            assert!(found.as_ref().unwrap_err().ends_with("is set"), "{found:?}");
        }

        // An empty variable counts as unset. A job whose secrets are missing has empty variables.
        let empty = [ID.0, SECRET, TOKEN].map(|name| (name, text("")));
        let variables = [&empty[..], &[("HOME", home.path().as_os_str().to_owned())]].concat();
        assert_eq!(find_with(&variables, Duration::from_secs(20)).0, found("cli_profile", "id-a", None));
    }

    #[test]
    fn row_125_what_a_variable_names_is_meant_and_nothing_else() {
        let home = another_account();
        for (variables, source, variable) in [
            (&[("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/no/such/file")][..], "oidc", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
            (&[("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "p")], "oidc", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
            (&[("ALIBABA_CLOUD_CONFIG_FILE", "/no/such/file")], "cli_profile", "ALIBABA_CLOUD_CONFIG_FILE"),
            (
                &[
                    ("ALIBABA_CLOUD_CREDENTIALS_FILE", "/no/such/file"),
                    ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true"),
                    ("ALIBABA_CLOUD_CONFIG_FILE", "/no/such/file"),
                    ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/"),
                ],
                "credentials_file",
                "ALIBABA_CLOUD_CREDENTIALS_FILE",
            ),
            (
                &[("ALIBABA_CLOUD_PROFILE", "none"), ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/")],
                "credentials_file",
                "ALIBABA_CLOUD_PROFILE",
            ),
        ] {
            let found = find(&[variables, &[("HOME", home.path().to_str().unwrap())]].concat());
            assert_reason(&found, source, "");
            let ending = format!("; no other provider is asked, because {variable} is set");
            assert!(found.as_ref().unwrap_err().ends_with(&ending), "{found:?}");
        }
        // A role alone may be meant for a profile, and a disabled provider selects no credentials.
        let others = [("ALIBABA_CLOUD_ROLE_ARN", "r"), ("ALIBABA_CLOUD_ECS_METADATA", "r")];
        let variables = [&others[..], &[("HOME", home.path().to_str().unwrap())]].concat();
        assert_eq!(find(&variables), found("cli_profile", "id-a", None));
        let error = find(&others).unwrap_err();
        assert!(error.ends_with("credentials_uri: ALIBABA_CLOUD_CREDENTIALS_URI is not set"), "{error}");
    }

    #[test]
    fn a_path_need_not_be_utf_8() {
        let scratch = Scratch::new();
        let home = scratch.path().join(OsString::from_vec(b"h\xff".to_vec()));
        fs::create_dir_all(home.join(".aliyun")).unwrap();
        fs::write(home.join(".aliyun/config.json"), TWO).unwrap();

        let variables = [("HOME", home.as_os_str().to_owned())];
        assert_eq!(find_with(&variables, Duration::from_secs(20)).0, found("cli_profile", "id-a", None));

        let file = [("ALIBABA_CLOUD_CONFIG_FILE", home.join(".aliyun/config.json").into_os_string())];
        assert_eq!(find_with(&file, Duration::from_secs(20)).0, found("cli_profile", "id-a", None));
    }
}

mod cli_profiles {
    use super::*;

    /// Returns what is found with this configuration of the command line and these variables.
    fn find_in(config: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Found {
        let scratch = Scratch::new();
        scratch.write(".aliyun/config.json", config);
        let home = ("HOME", scratch.path().to_str().unwrap());
        find(&[&[home], variables].concat())
    }

    #[test]
    fn the_current_profile_is_used_or_the_one_that_the_environment_names() {
        assert_eq!(find_in(TWO, &[]), found("cli_profile", "id-a", None));
        assert_eq!(find_in(TWO, &[("ALIBABA_CLOUD_PROFILE", "b")]), found("cli_profile", "id-b", Some("t")));
        assert_reason(&find_in(TWO, &[("ALIBABA_CLOUD_PROFILE", "c")]), "cli_profile", "it has no profile c");
        assert_reason(&find_in(r#"{"profiles": []}"#, &[]), "cli_profile", "names no current profile");
    }

    #[test]
    fn the_environment_can_name_another_file_or_forbid_it() {
        let scratch = Scratch::new();
        let path = scratch.write("other.json", TWO);
        let file = ("ALIBABA_CLOUD_CONFIG_FILE", path.to_str().unwrap());

        assert_eq!(find(&[file]), found("cli_profile", "id-a", None));
        assert_reason(&find(&[file, ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "True")]), "cli_profile", "DISABLED is set");
    }

    #[test]
    fn editors_may_have_their_way_with_the_file() {
        let windows = format!("\u{feff}{}", TWO.replace('\n', "\r\n"));

        assert_eq!(find_in(windows, &[]), found("cli_profile", "id-a", None));
    }

    #[test]
    fn the_first_of_two_profiles_of_one_name_counts() {
        let twice = TWO.replace(r#""b""#, r#""a""#);

        assert_eq!(find_in(twice, &[]), found("cli_profile", "id-a", None));
    }

    #[test]
    fn what_is_not_such_a_file_is_refused_and_not_repeated() {
        for (config, reason) in [
            (&b""[..], "is not JSON (line 1, column 0)"),
            (b"{\"current\": \"a\", \"hunter2\": ", "is not JSON"),
            (b"[]", "lacks a field, or has one of another type"),
            (b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"access_key_secret\": 5}]}", "of another type"),
            (
                b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"enable_vpc\": \"hunter2\"}]}",
                "of another type",
            ),
            (b"hunter2\xff", "is not UTF-8"),
            (b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\"}]}", "profile a: mode is missing"),
            (b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"mode\": \"AK\"}]}", "access_key_id is missing"),
            (b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"mode\": \"Odd\"}]}", "mode Odd isn't supported"),
            (
                b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"mode\": \"OAuth\"}]}",
                "run one of its commands",
            ),
            (
                b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"mode\": \"RsaKeyPair\"}]}",
                "mode RsaKeyPair isn't supported",
            ),
        ] {
            assert_reason(&find_in(config, &[]), "cli_profile", reason);
        }
        assert_reason(&find_in(vec![b'a'; 1024 * 1024], &[]), "cli_profile", "is not JSON");
        assert_reason(&find_in(format!("{{\"x\":{}", "[".repeat(100_000)), &[]), "cli_profile", "is not JSON");
    }

    /// Returns what is found with the current profile p, which has a key and these settings, beside other profiles.
    fn find_with_profile(settings: Value, others: &[Value]) -> Found {
        let mut profile = json!({"name": "p", "access_key_id": "id", "access_key_secret": "hunter2"});
        profile.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let profiles = [others, &[profile]].concat();
        find_in(json!({"current": "p", "profiles": profiles}).to_string(), &[])
    }

    #[test]
    fn row_128_modes_in_lower_case_are_the_same() {
        for mode in ["ak", "Ak", "AK"] {
            assert_eq!(find_with_profile(json!({"mode": mode}), &[]), found("cli_profile", "id", None));
        }
        let token = json!({"mode": "ststoken", "sts_token": "t"});
        assert_eq!(find_with_profile(token, &[]), found("cli_profile", "id", Some("t")));
        let chain = json!({"mode": "chainableramrolearn"});
        assert_reason(&find_with_profile(chain, &[]), "cli_profile", "source_profile is missing");
        for (mode, missing) in [
            ("ramrolearn", "ram_role_arn"),
            ("oidc", "oidc_provider_arn"),
            ("external", "process_command"),
            ("credentialsuri", "credentials_uri"),
            ("cloudsso", "cloud_sso_account_id"),
        ] {
            let reason = format!("{missing} is missing");
            assert_reason(&find_with_profile(json!({"mode": mode}), &[]), "cli_profile", &reason);
        }
        for mode in ["ecsramrole", "ramrolearnwithrolename"] {
            assert_reason(&find_with_profile(json!({"mode": mode}), &[]), "cli_profile", "METADATA_DISABLED is set");
        }
    }

    #[test]
    fn row_128_keys_that_the_command_line_got_by_signing_in_are_used_while_they_are_good() {
        let profile = |token: &str, expiration: Value| {
            let settings =
                json!({"mode": "OAuth", "oauth_site_type": "CN", "sts_token": token, "sts_expiration": expiration});
            find_with_profile(settings, &[])
        };

        for expiration in [json!(4_000_000_000_u64), json!(4e9), json!("4000000000")] {
            assert_eq!(profile("t", expiration), found("cli_profile", "id", Some("t")));
        }
        for expiration in [json!(0), json!(-1), json!(1_600_000_000), json!(1.6e9), json!(null)] {
            assert_reason(&profile("t", expiration), "cli_profile", "run one of its commands with this profile");
        }
        assert_reason(&profile("", json!(4_000_000_000_u64)), "cli_profile", "sts_token is missing");
        assert_reason(&profile("t", json!("soon")), "cli_profile", "sts_expiration is not a number");
    }

    #[test]
    fn row_128_what_is_odd_in_one_profile_does_not_matter_to_another() {
        let odd = [
            json!({"name": "x", "mode": "RamRoleArn", "expired_seconds": -1}),
            json!({"name": "x", "mode": "CloudSSO", "cloud_sso_access_token_expire": -62_135_596_800_i64}),
            json!({"name": "x", "expired_seconds": 1.5, "sts_expiration": "0001-01-01T00:00:00Z", "enable_vpc": "no"}),
            json!({"name": "x", "access_key_secret": {"hunter2": []}, "mode": 5, "sts_expiration": 1e300}),
            json!({"name": 5}),
            json!({}),
            json!(null),
            json!([]),
            json!("p"),
        ];
        assert_eq!(find_with_profile(json!({"mode": "AK"}), &odd), found("cli_profile", "id", None));

        // Numbers that the profile itself doesn't use don't matter either.
        for number in [json!(-1), json!(0), json!(1800.5), json!("1800"), json!(""), json!("an hour"), json!(null)] {
            let settings = json!({"mode": "AK", "expired_seconds": number, "cloud_sso_access_token_expire": number});
            assert_eq!(find_with_profile(settings, &[]), found("cli_profile", "id", None), "{number}");
        }
        for (number, reason) in
            [(json!(-1), "a session of -1 s is too short"), (json!("x"), "expired_seconds is not a number")]
        {
            let role = json!({"mode": "RamRoleArn", "ram_role_arn": "r", "expired_seconds": number});
            assert_reason(&find_with_profile(role, &[]), "cli_profile", reason);
        }
    }

    #[test]
    fn row_128_a_profile_can_name_its_own_sts() {
        // The port of a well-known service that nobody runs here: refused, over TLS with any scheme.
        let role = json!({"mode": "RamRoleArn", "ram_role_arn": "r", "sts_endpoint": "http://127.0.0.1:1/"});
        assert_reason(&find_with_profile(role, &[]), "cli_profile", "STS at 127.0.0.1:1: ");

        let role = json!({"mode": "RamRoleArn", "ram_role_arn": "r", "sts_endpoint": "a b"});
        assert_reason(&find_with_profile(role, &[]), "cli_profile", "sts_endpoint: ");
    }

    #[test]
    fn null_profiles_count_as_missing() {
        assert_reason(&find_in(r#"{"current": "a", "profiles": null}"#, &[]), "cli_profile", "it has no profile a");
    }

    #[test]
    fn a_profile_that_is_its_own_source_is_refused() {
        let config = r#"{"current": "a", "profiles": [
            {"name": "a", "mode": "ChainableRamRoleArn", "ram_role_arn": "r", "source_profile": "b"},
            {"name": "b", "mode": "ChainableRamRoleArn", "ram_role_arn": "r", "source_profile": "a"}]}"#;

        assert_reason(&find_in(config, &[]), "cli_profile", "profile a is its own source: a -> b -> a");
    }

    #[test]
    fn others_who_may_read_it_are_worth_a_warning() {
        let scratch = Scratch::new();
        let path = scratch.write("config.json", TWO);
        let file = ("ALIBABA_CLOUD_CONFIG_FILE", path.to_str().unwrap());

        for (mode, warnings) in [(0o644, 1), (0o600, 0)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let (found_now, lines) = find_with(&[file], Duration::from_secs(20));
            assert_eq!(found_now, found("cli_profile", "id-a", None));
            assert_eq!(lines.iter().filter(|line| line.contains("can be read by other users")).count(), warnings);
            assert!(!lines.concat().contains("hunter2"));
        }
    }

    #[test]
    fn a_file_that_is_replaced_meanwhile_is_the_old_or_the_new_one() {
        let scratch = Scratch::new();
        let path = scratch.write("config.json", TWO);
        let other = TWO.replace("id-a", "id-new");
        let stop = std::sync::atomic::AtomicBool::new(false);

        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (number, text) in [TWO, &other].into_iter().cycle().enumerate() {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    let new = scratch.write(&format!("new-{}", number % 2), text);
                    fs::rename(new, &path).unwrap();
                }
            });
            for _ in 0..200 {
                let (_, id, _) = find(&[("ALIBABA_CLOUD_CONFIG_FILE", path.to_str().unwrap())]).unwrap();
                assert!(["id-a", "id-new"].contains(&id.as_str()));
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }
}

mod commands {
    use super::*;

    fn find_by(command: &str, variables: &[(&str, &str)], milliseconds: u64, cancel: Option<&Cancel>) -> Found {
        let scratch = Scratch::new();
        let profile = json!({"name": "a", "mode": "External", "process_command": command});
        let config = json!({"current": "a", "profiles": [profile]}).to_string();
        let path = scratch.write("config.json", config);
        let own = [("ALIBABA_CLOUD_CONFIG_FILE", path.to_str().unwrap()), ("ABOUT", "id x")];
        find_within(&[&own[..], variables].concat(), Duration::from_millis(milliseconds), cancel).0
    }

    fn find(command: &str) -> Found {
        find_by(command, &[], 20_000, None)
    }

    const PRINTS_A_KEY: &str = r#"echo {\"access_key_id\":\"id\",\"access_key_secret\":\"hunter2\"}"#;

    #[test]
    fn what_it_prints_is_used() {
        let key = r#"echo '{"mode": "AK", "access_key_id": "id", "access_key_secret": "hunter2"}'"#;
        assert_eq!(find(key), found("cli_profile", "id", None));

        let without_mode = r#"echo '{"access_key_id": "id", "access_key_secret": "hunter2", "sts_token": "t"}'"#;
        assert_eq!(find(without_mode), found("cli_profile", "id", Some("t")));

        let token = r#"printf '{"mode":"StsToken","access_key_id":"%s","access_key_secret":"hunter2",
            "sts_token":"t","expiration":"2099-01-01T00:00:00Z"}' id"#;
        assert_eq!(find(token), found("cli_profile", "id", Some("t")));
    }

    #[test]
    fn it_has_the_environment_and_no_shell() {
        let said = r#"sh -c 'echo {\"mode\":\"AK\",\"access_key_id\":\"${ABOUT% x}\",\"access_key_secret\":\"s\"}'"#;
        assert_eq!(find(said), found("cli_profile", "id", None));
        assert_reason(&find("echo $HOME; echo"), "cli_profile", "is not JSON");
    }

    #[test]
    fn failures_are_reported_without_the_output() {
        for (command, reason) in [
            ("   ", "process_command: it is blank"),
            ("echo 'a", "a quote in it has no end"),
            ("/no/such/program x", "/no/such/program can't be started: No such file"),
            ("sh -c 'echo hunter2 >&2; exit 3'", "sh failed with exit status: 3"),
            ("echo hunter2", "what process_command prints is not JSON"),
            ("echo {}", "access_key_id is missing"),
            (r#"echo '{"mode": "CloudSSO"}'"#, "mode is neither AK nor StsToken"),
            (r#"echo '{"mode": "AK", "access_key_id": "id"}'"#, "access_key_secret is missing"),
            (
                r#"echo '{"mode":"AK","access_key_id":"i","access_key_secret":"s","expiration":"2001-01-01T00:00:00Z"}'"#,
                "expired at 2001",
            ),
            ("yes hunter2", "prints more than 65536 bytes"),
            (r"printf '\377'", "it prints what is not UTF-8"),
        ] {
            assert_reason(&find(command), "cli_profile", reason);
        }
    }

    #[test]
    fn it_ends_with_the_call() {
        let started = Instant::now();

        let found = find_by("sleep 60", &[], 50, None);

        assert_eq!(found, Err("time ran out while waiting for credentials of cli_profile".to_owned()));
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    /// A process that a command has started in the background. It wrote its number into this file.
    struct Background(PathBuf);

    impl Background {
        /// Returns the shell commands that start it, and the file of its number.
        fn new(scratch: &Scratch) -> (String, Background) {
            let file = scratch.path().join("pid");
            (format!("sleep 600 & echo $! > {}.new; mv {0}.new {0}", file.display()), Background(file))
        }

        /// `None` before it has started.
        fn number(&self) -> Option<String> {
            fs::read_to_string(&self.0).ok().map(|text| text.trim().to_owned())
        }

        /// Whether it runs. A zombie doesn't, even if nobody has reaped it.
        fn runs(&self) -> bool {
            let stat = self.number().and_then(|number| fs::read_to_string(format!("/proc/{number}/stat")).ok());
            // Another process may have its number by now. It is a shell until it has started the program.
            let state = stat.as_ref().and_then(|stat| stat.split_once("(sleep) ").or(stat.split_once("(sh) ")));
            state.is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
        }

        /// Waits for its end.
        fn ends(&self) -> bool {
            (0..1000).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                !self.runs()
            })
        }
    }

    impl Drop for Background {
        fn drop(&mut self) {
            if self.runs() {
                let _ = std::process::Command::new("kill").arg(self.number().unwrap()).status();
            }
        }
    }

    #[test]
    fn row_127_it_is_done_when_the_command_is_though_its_child_goes_on() {
        let scratch = Scratch::new();
        let (start, background) = Background::new(&scratch);

        assert_eq!(find(&format!("sh -c '{start}; {PRINTS_A_KEY}'")), found("cli_profile", "id", None));
        assert!(background.runs());

        let scratch = Scratch::new();
        let (start, background) = Background::new(&scratch);
        assert_reason(&find(&format!("sh -c '{start}; {PRINTS_A_KEY}; exit 3'")), "cli_profile", "exit status: 3");
        assert!(background.runs());

        // The output may also be closed before the command ends.
        assert_eq!(find(&format!("sh -c '{PRINTS_A_KEY}; exec >&-; sleep 0.1'")), found("cli_profile", "id", None));
    }

    #[test]
    fn row_127_what_does_not_end_is_ended_with_all_that_it_has_started() {
        let ended = |command: &str, milliseconds, reason: &str| {
            let scratch = Scratch::new();
            let (start, background) = Background::new(&scratch);
            let found = find_by(&format!("sh -c '{start}; {command}'"), &[], milliseconds, None);
            assert!(found.as_ref().is_err_and(|error| error.contains(reason)), "{found:?}");
            assert!(background.ends());
        };

        ended("yes", 20_000, "prints more than 65536 bytes");
        ended("wait", 2_000, "time ran out while waiting for credentials of cli_profile");
    }

    #[test]
    fn row_127_it_is_ended_when_the_call_is_cancelled() {
        let scratch = Scratch::new();
        let (start, background) = Background::new(&scratch);
        let cancel = Cancel::new().unwrap();

        let found = std::thread::scope(|scope| {
            scope.spawn(|| {
                while background.number().is_none() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                cancel.trigger();
            });
            find_by(&format!("sh -c '{start}; wait'"), &[], 60_000, Some(&cancel))
        });

        assert_eq!(found, Err("cancelled while waiting for credentials of cli_profile".to_owned()));
        assert!(background.ends());
    }

    #[test]
    fn row_127_commands_and_servers_of_a_profile_can_be_forbidden() {
        const SWITCH: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
        let command = format!("sh -c '{PRINTS_A_KEY}'");
        for value in ["1", "true", "TRUE"] {
            let found = find_by(&command, &[(SWITCH, value)], 20_000, None);
            assert_reason(&found, "cli_profile", "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS is set");
        }
        for value in ["0", "false", ""] {
            let found_now = find_by(&command, &[(SWITCH, value)], 20_000, None);
            assert_eq!(found_now, found("cli_profile", "id", None));
        }
        let scratch = Scratch::new();
        let profile = json!({"name": "a", "mode": "CredentialsURI", "credentials_uri": "http://127.0.0.1:1/"});
        let path = scratch.write("f", json!({"current": "a", "profiles": [profile]}).to_string());
        let variables = [("ALIBABA_CLOUD_CONFIG_FILE", path.to_str().unwrap()), (SWITCH, "1")];
        let found = find_with(&variables, Duration::from_secs(20)).0;
        assert_reason(&found, "cli_profile", "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS is set");
    }

    #[test]
    fn row_128_its_dates_may_be_of_any_kind() {
        let prints = |expiration: &str| {
            let key = format!(r#"{{"access_key_id":"id","access_key_secret":"hunter2","expiration":{expiration}}}"#);
            find(&format!("echo '{key}'"))
        };
        for good in [
            r#""2099-01-01T00:00:00Z""#,
            r#""2099-01-01T00:00:00+08:00""#,
            r#""0001-01-01T00:00:00Z""#,
            r#""""#,
            "null",
            "0",
            "4000000000",
            "4000000000.5",
        ] {
            assert_eq!(prints(good), found("cli_profile", "id", None), "{good}");
        }
        for (bad, reason) in [
            (r#""2001-01-01T08:00:00+08:00""#, "expired at 2001"),
            ("1600000000", "expired"),
            ("-1", "expired"),
            (r#""tomorrow""#, "is not a date"),
            ("[]", "of another type"),
        ] {
            assert_reason(&prints(bad), "cli_profile", reason);
        }
    }
}

mod credentials_files {
    use super::*;

    fn find_in(text: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Found {
        let scratch = Scratch::new();
        let path = scratch.write("f", text);
        find(&[&[("ALIBABA_CLOUD_CREDENTIALS_FILE", path.to_str().unwrap())], variables].concat())
    }

    #[test]
    fn the_section_default_is_used_or_the_one_that_the_environment_names() {
        let text = format!("[other]\n{}[default]\n{KEY}", KEY.replace("= id", "= other"));

        assert_eq!(find_in(&text, &[]), found("credentials_file", "id", None));
        assert_eq!(find_in(&text, &[("ALIBABA_CLOUD_PROFILE", "other")]), found("credentials_file", "other", None));
    }

    #[test]
    fn it_is_found_below_the_home_directory_by_either_name() {
        for name in [".alibabacloud/credentials", ".alibabacloud/credentials.ini"] {
            let scratch = Scratch::new();
            scratch.write(name, format!("[default]\n{KEY}"));
            assert_eq!(find(&[("HOME", scratch.path().to_str().unwrap())]), found("credentials_file", "id", None));
        }
    }

    #[test]
    fn what_is_not_such_a_file_is_refused_and_not_repeated() {
        for (text, reason) in [
            (format!("\u{feff}[default]\r\n{}", KEY.replace("access_key_id", "id")), "access_key_id is missing"),
            (format!("[default]\n{KEY}[default]\n{KEY}"), "the section default is there twice"),
            (format!("[default]\n{KEY}access_key_secret = hunter2x\n"), "access_key_secret is there twice"),
            ("[default]\n".to_owned(), "type is missing"),
            ("[default]\ntype = rsa_key_pair\n".to_owned(), "type rsa_key_pair isn't supported"),
            ("[default]\ntype = ram_role_arn\naccess_key_id = i\n".to_owned(), "access_key_secret is missing"),
            ("[default]\ntype = oidc_role_arn\noidc_provider_arn = p\n".to_owned(), "oidc_token_file_path is missing"),
            (format!("[default] {}", "x".repeat(1024 * 1024)), "line 1 isn't a section's heading"),
        ] {
            assert_reason(&find_in(text, &[]), "credentials_file", reason);
        }
    }
}
