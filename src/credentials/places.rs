//! Tests of what the providers read on this machine: variables, files, and what a command prints.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::*;
use crate::call::{Clock, Deadline, Limits};
use crate::config::Config;
use crate::environment::Environment;
use crate::log::{Level, Log};
use crate::scratch::Scratch;
use crate::stats::Counters;
use crate::transport::Settings;

/// What a client finds: the source, the id, and the token.
type Found = Result<(&'static str, String, Option<String>), String>;

/// What a client finds with these variables and no others, and with no metadata of an instance; with the log.
fn find_with(variables: &[(&str, &str)], timeout: Duration) -> (Found, Vec<String>) {
    let on_no_instance = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "TRUE");
    let environment = Environment::of(variables.iter().copied().chain([on_no_instance, ("PATH", "/usr/bin:/bin")]));
    let chain = Chain::new(None, &environment).unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let context = Context {
        surroundings: &chain.surroundings,
        settings: &Arc::new(Settings::new(&Config::new(), &Environment::of([("", ""); 0]), &Arc::default()).unwrap()),
        limits: &Limits { deadline: Deadline::after(timeout), cancel: None, interrupt: None },
        attempt: Duration::from_secs(10),
        clock: &Clock::default(),
        log: &Log::new(Level::Debug, move |_, line| sink.lock().unwrap().push(line.to_owned())),
        counters: &Counters::default(),
    };
    let cache = Cache::new();
    let found = match cache.get(&chain, &context) {
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

/// Whether the reason of this source in the error begins so.
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

    #[test]
    fn what_cannot_be_sent_is_refused_and_not_repeated() {
        let found = find(&[ID, ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter2 ")]);

        assert_reason(&found, "environment", "access_key_secret has a blank");
    }
}

mod cli_profiles {
    use super::*;

    /// What is found with this configuration of the command line, and these variables as well.
    fn find_in(config: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Found {
        let scratch = Scratch::new();
        scratch.write(".aliyun/config.json", config);
        let home = ("HOME", scratch.path().to_str().unwrap());
        find(&[&[home], variables].concat())
    }

    const TWO: &str = r#"{"current": "a", "unknown": {"x": [1]}, "profiles": [
        {"name": "a", "mode": "AK", "access_key_id": "id-a", "access_key_secret": "hunter2", "sts_token": "", "x": 1},
        {"name": "b", "mode": "StsToken", "access_key_id": "id-b", "access_key_secret": "hunter2", "sts_token": "t"}
    ]}"#;

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
            (b"{\"current\": \"a\", \"profiles\": [{\"name\": \"a\", \"mode\": \"OAuth\"}]}", "use a profile of mode"),
        ] {
            assert_reason(&find_in(config, &[]), "cli_profile", reason);
        }
        assert_reason(&find_in(vec![b'a'; 1024 * 1024], &[]), "cli_profile", "is not JSON");
        assert_reason(&find_in(format!("{{\"x\":{}", "[".repeat(100_000)), &[]), "cli_profile", "is not JSON");
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

    fn find_by(command: &str, timeout: Duration) -> (Found, Vec<String>) {
        let scratch = Scratch::new();
        let profile = serde_json::json!({"name": "a", "mode": "External", "process_command": command});
        let config = serde_json::json!({"current": "a", "profiles": [profile]}).to_string();
        let path = scratch.write("config.json", config);
        find_with(&[("ALIBABA_CLOUD_CONFIG_FILE", path.to_str().unwrap()), ("ABOUT", "id x")], timeout)
    }

    fn find(command: &str) -> Found {
        find_by(command, Duration::from_secs(20)).0
    }

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
    fn what_goes_wrong_is_told_and_not_what_it_said() {
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

        let (found, _) = find_by("sleep 60", Duration::from_millis(50));

        assert_eq!(found, Err("time ran out while waiting for credentials of cli_profile".to_owned()));
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

mod credentials_files {
    use super::*;

    fn find_in(text: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Found {
        let scratch = Scratch::new();
        let path = scratch.write("f", text);
        find(&[&[("ALIBABA_CLOUD_CREDENTIALS_FILE", path.to_str().unwrap())], variables].concat())
    }

    const KEY: &str = "type = access_key\naccess_key_id = id # mine\naccess_key_secret = hunter2\n";

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
            (format!("[default] {}", "x".repeat(1024 * 1024)), "line 1 is no section's heading"),
        ] {
            assert_reason(&find_in(text, &[]), "credentials_file", reason);
        }
    }
}
