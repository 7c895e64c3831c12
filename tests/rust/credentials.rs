//! Finds credentials in every place. The emulator plays the servers that give them.

use std::fs;
use std::path::PathBuf;

use esa::{CallOptions, Client, Config, Error, ErrorKind, ListRoutineRelatedRecordsRequest, Outcome};
use serde_json::{Value, json};

use crate::emulator::Emulator;

const ROLE: &str = "acs:ram::1000000000000001:role/test-role";
const PROVIDER: &str = "acs:ram::1000000000000001:oidc-provider/test-oidc";
const KEY: (&str, &str) = ("EsaEmulatorKeyId", "EsaEmulatorKeySecret");

/// The keys of `roles.json`, and the same with a session's keys.
const KEYS: &str = r#""keys": ["#;
const KEYS_WITH_TOKEN: &str =
    r#""keys": [{"access_key_id": "STS.id", "access_key_secret": "secret", "security_token": "a-token"}, "#;

struct Fixture {
    emulator: Emulator,
    home: PathBuf,
}

/// The result of a call: the source, and the requests to the emulator.
type Found = (Option<&'static str>, Vec<String>);

fn fixture(name: &str, arguments: &[&str]) -> Fixture {
    let home = std::env::temp_dir().join(format!("libesa-{}-{name}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    Fixture { emulator: Emulator::start(arguments), home }
}

impl Fixture {
    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes the command line's profiles. The first is the current one.
    fn profiles(&self, profiles: &[Value]) {
        let config = json!({"current": profiles[0]["name"], "profiles": profiles});
        self.write(".aliyun/config.json", config.to_string());
    }

    /// Returns a client with these variables and those that point it at the emulator.
    fn client(&self, variables: &[(&str, &str)]) -> Client {
        let (url, home) = (self.emulator.url(), self.home.to_str().unwrap());
        let own = [("ESA_ENDPOINT", url), ("ESA_STS_ENDPOINT", url), ("ESA_METADATA_ENDPOINT", url), ("HOME", home)];
        Client::new(Config::new().environment(own.iter().chain(variables).copied())).unwrap()
    }

    /// Returns what a call of this client finds.
    fn find(&self, variables: &[(&str, &str)]) -> Result<Found, Error> {
        let client = self.client(variables);
        list(&client)?;
        Ok((client.credentials_source(), self.asked()))
    }

    fn asked(&self) -> Vec<String> {
        self.emulator.requests().iter().map(|request| request["action"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// The built-in state, with a role whose sessions are short.
fn short_sessions() -> String {
    let seed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rust/roles.json")).unwrap();
    seed.replace(r#""name": "test-role""#, r#""name": "test-role", "session_seconds": 2"#)
}

fn list(client: &Client) -> Result<(), Error> {
    let request = ListRoutineRelatedRecordsRequest::new("test-routine1");
    client.list_routine_related_records(&request, &CallOptions::new()).map(drop)
}

#[track_caller]
fn assert_found(found: Result<Found, Error>, source: &str, asked: &[&str]) {
    let (found_source, found_asked) = found.unwrap();
    assert_eq!(found_source, Some(source));
    assert_eq!(found_asked, [asked, &["ListRoutineRelatedRecords"]].concat());
}

#[test]
fn a_token_of_an_identity_provider_is_good_for_a_role() {
    let fixture = fixture("oidc", &[]);
    let token = fixture.write("token", "EsaEmulatorOidcToken\n");
    let variables = [
        ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", PROVIDER),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &token),
        ("ALIBABA_CLOUD_ROLE_SESSION_NAME", "a-session"),
    ];

    assert_found(fixture.find(&variables), "oidc", &["AssumeRoleWithOIDC"]);
    let requests = fixture.emulator.requests();
    assert_eq!(requests[0]["parameters"]["RoleSessionName"], "a-session");
    assert_eq!(requests[0]["parameters"]["DurationSeconds"], "3600");

    // The file is read again each time. The error doesn't repeat the server's message.
    fixture.write("token", "another-token");
    let error =
        fixture.find(&[&variables[..], &[("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")]].concat()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.message().contains("oidc: STS at 127.0.0.1:"), "{error}");
    assert!(error.message().contains("AuthenticationFail.OIDCToken.Invalid"), "{error}");
    assert!(!error.message().contains("another-token"), "{error}");
}

#[test]
fn a_profile_takes_on_a_role_with_all_that_it_says() {
    let fixture = fixture("ram-role", &[]);
    let policy = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"esa:*","Resource":"*"}]}"#;
    fixture.profiles(&[json!({
        "name": "role", "mode": "RamRoleArn", "access_key_id": KEY.0, "access_key_secret": KEY.1, "ram_role_arn": ROLE,
        "ram_session_name": "build-farm", "expired_seconds": 1800, "policy": policy, "sts_region": "cn-hangzhou",
    })]);

    assert_found(fixture.find(&[]), "cli_profile", &["AssumeRole"]);
    let assume = &fixture.emulator.requests()[0];
    assert_eq!((&assume["signature_version"], &assume["access_key_id"]), (&json!("V1"), &json!(KEY.0)));
    let parameters = &assume["parameters"];
    assert_eq!(
        (&parameters["RoleSessionName"], &parameters["DurationSeconds"], &parameters["Policy"]),
        (&json!("build-farm"), &json!("1800"), &json!(policy))
    );
}

#[test]
fn row_128_a_profile_takes_on_a_role_with_temporary_keys_or_those_of_the_instance() {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rust/roles.json");
    let fixture = fixture("session", &["--seed", seed]);
    fixture.emulator.post("seed", &fs::read_to_string(seed).unwrap().replace(KEYS, KEYS_WITH_TOKEN));
    let profile = |token: &str| {
        json!({
            "name": "role", "mode": "RamRoleArn", "access_key_id": "STS.id", "access_key_secret": "secret",
            "sts_token": token, "ram_role_arn": ROLE, "expired_seconds": "1800",
        })
    };
    fixture.profiles(&[profile("a-token")]);
    assert_found(fixture.find(&[]), "cli_profile", &["AssumeRole"]);
    assert_eq!(fixture.emulator.requests()[0]["parameters"]["DurationSeconds"], "1800");

    fixture.profiles(&[profile("another-token")]);
    let error = fixture.find(&[("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")]).unwrap_err();
    assert!(error.message().contains("profile role: STS at") && !error.message().contains("another-token"), "{error}");

    fixture.emulator.delete("requests");
    fixture.profiles(&[json!({
        "name": "role", "mode": "RamRoleArnWithRoleName", "ram_role_name": "test-role", "ram_role_arn": ROLE,
    })]);
    let asked = ["PutMetadataToken", "GetMetadataCredentials", "AssumeRole"];
    assert_found(fixture.find(&[]), "cli_profile", &asked);
}

#[test]
fn row_128_a_profile_can_name_a_server_of_keys() {
    let fixture = fixture("profile-uri", &[]);
    let uri = format!("{}/credentials/test-role", fixture.emulator.url());
    let off_instance = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    for mode in ["CredentialsURI", "credentialsuri"] {
        fixture.emulator.delete("requests");
        fixture.profiles(&[json!({"name": "a", "mode": mode, "credentials_uri": uri})]);
        assert_found(fixture.find(&[off_instance]), "cli_profile", &["GetCredentials"]);
    }
    fixture.profiles(&[json!({"name": "a", "mode": "CredentialsURI"})]);
    fixture.emulator.delete("requests");
    let found = fixture.find(&[off_instance, ("ALIBABA_CLOUD_CREDENTIALS_URI", &uri)]);
    assert_found(found, "cli_profile", &["GetCredentials"]);
}

#[test]
fn roles_are_taken_on_one_by_another() {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rust/roles.json");
    let fixture = fixture("chain", &["--seed", seed]);
    let role = |name: &str| format!("acs:ram::1000000000000001:role/{name}");
    fixture.profiles(&[
        json!({
            "name": "c", "mode": "ChainableRamRoleArn", "ram_role_arn": role("second"), "source_profile": "b",
            "external_id": "x",
        }),
        json!({"name": "b", "mode": "ChainableRamRoleArn", "ram_role_arn": role("first"), "source_profile": "a"}),
        json!({"name": "a", "mode": "AK", "access_key_id": KEY.0, "access_key_secret": KEY.1}),
    ]);

    assert_found(fixture.find(&[]), "cli_profile", &["AssumeRole", "AssumeRole"]);
}

#[test]
fn a_role_that_cannot_be_assumed_is_reported_without_secrets() {
    let fixture = fixture("refused", &[]);
    for (secret, code) in [(KEY.1, "EntityNotExist.Role"), ("not-the-secret", "SignatureDoesNotMatch")] {
        fixture.profiles(&[json!({
            "name": "role", "mode": "RamRoleArn", "access_key_id": KEY.0, "access_key_secret": secret,
            "ram_role_arn": "acs:ram::1000000000000001:role/none",
        })]);

        let error = fixture.find(&[("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")]).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.message().contains(code) && error.message().contains("profile role: STS at"), "{error}");
        assert!(!format!("{error:?}").contains(secret) && !error.message().contains("AccessKeyId"), "{error:?}");
    }
}

#[test]
fn the_clock_is_corrected_for_sts_too() {
    let fixture = fixture("clock", &[]);
    fixture.emulator.post("clock", r#"{"offset_ms": 7200000}"#);
    fixture.profiles(&[json!({
        "name": "role", "mode": "RamRoleArn", "access_key_id": KEY.0, "access_key_secret": KEY.1, "ram_role_arn": ROLE,
    })]);

    assert_found(fixture.find(&[]), "cli_profile", &["AssumeRole", "AssumeRole"]);
}

#[test]
fn an_instance_s_role_is_found_by_either_version_of_its_metadata() {
    const ROLE_AND_KEY: [&str; 2] = ["GetMetadataRole", "GetMetadataCredentials"];
    let fixture = fixture("instance", &[]);
    assert_found(fixture.find(&[]), "ecs_ram_role", &["PutMetadataToken", ROLE_AND_KEY[0], ROLE_AND_KEY[1]]);

    fixture.emulator.post("reset", "");
    let named = fixture.find(&[("ALIBABA_CLOUD_ECS_METADATA", "test-role")]);
    assert_found(named, "ecs_ram_role", &["PutMetadataToken", ROLE_AND_KEY[1]]);

    fixture.emulator.post("seed", r#"{"metadata": {"tokens": "absent"}}"#);
    fixture.emulator.delete("requests");
    assert_found(fixture.find(&[]), "ecs_ram_role", &["PutMetadataToken", ROLE_AND_KEY[0], ROLE_AND_KEY[1]]);

    fixture.emulator.post("seed", r#"{"metadata": {"tokens": "required", "role": "none"}}"#);
    let error = fixture.find(&[]).unwrap_err();
    assert!(error.message().contains("ecs_ram_role: the instance's metadata: the instance has no role"), "{error}");
}

#[test]
fn row_125_a_role_that_a_variable_names_is_meant_and_nothing_else() {
    let fixture = fixture("named-role", &[]);
    let uri = format!("{}/credentials/test-role", fixture.emulator.url());

    let variables = [("ALIBABA_CLOUD_ECS_METADATA", "none"), ("ALIBABA_CLOUD_CREDENTIALS_URI", &uri)];
    let error = fixture.find(&variables).unwrap_err();

    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Credentials, Outcome::NotSent, 0));
    assert!(
        error.message().ends_with("no other provider is asked, because ALIBABA_CLOUD_ECS_METADATA is set"),
        "{error}"
    );
    assert!(!fixture.asked().contains(&"GetCredentials".to_owned()));
}

#[test]
fn a_uri_and_cloud_sso_give_keys() {
    let fixture = fixture("uri", &[]);
    let uri = format!("{}/credentials/test-role?x=1", fixture.emulator.url());
    let off_instance = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let found = fixture.find(&[("ALIBABA_CLOUD_CREDENTIALS_URI", &uri), off_instance]);
    assert_found(found, "credentials_uri", &["GetCredentials"]);

    let mut profile = json!({
        "name": "sso", "mode": "CloudSSO", "cloud_sso_sign_in_url": format!("{}/login", fixture.emulator.url()),
        "cloud_sso_account_id": "1000000000000001", "cloud_sso_access_config": "ac-test",
        "access_token": "EsaEmulatorAccessToken", "cloud_sso_access_token_expire": 4_000_000_000_u64,
    });
    fixture.emulator.delete("requests");
    fixture.profiles(&[profile.clone()]);
    assert_found(fixture.find(&[]), "cli_profile", &["CreateCloudCredential"]);

    for (key, value, reason) in [
        ("cloud_sso_access_token_expire", json!(1_600_000_000), "sign in again"),
        ("access_token", json!("hunter2"), "InvalidAccessToken"),
        ("cloud_sso_sign_in_url", json!("http://signin.example.com"), "is plain http"),
    ] {
        let before = profile[key].take();
        profile[key] = value;
        fixture.profiles(&[profile.clone()]);
        let error = fixture.find(&[off_instance]).unwrap_err();
        assert!(error.message().contains(reason) && !error.message().contains("hunter2"), "{error}");
        profile[key] = before;
    }
}

#[test]
fn the_credentials_file_takes_on_roles_as_well() {
    let fixture = fixture("ini", &[]);
    let token = fixture.write("token", "EsaEmulatorOidcToken");
    fixture.write(
        ".alibabacloud/credentials",
        format!(
            "[default]\ntype = ram_role_arn\naccess_key_id = {}\naccess_key_secret = {} # c\nrole_arn = {ROLE}\n\
             role_session_name = ini\n[oidc]\ntype = oidc_role_arn\noidc_provider_arn = {PROVIDER}\n\
             oidc_token_file_path = {token}\nrole_arn = {ROLE}\nrole_session_name = ini\n[ecs]\ntype = ecs_ram_role\n\
             role_name = test-role\n",
            KEY.0, KEY.1
        ),
    );
    for (section, asked) in [
        ("default", &["AssumeRole"][..]),
        ("oidc", &["AssumeRoleWithOIDC"]),
        ("ecs", &["PutMetadataToken", "GetMetadataCredentials"]),
    ] {
        fixture.emulator.delete("requests");
        assert_found(fixture.find(&[("ALIBABA_CLOUD_PROFILE", section)]), "credentials_file", asked);
    }
}

#[test]
fn a_client_stays_who_it_is() {
    let fixture = fixture("stays", &[]);
    fixture.emulator.post("seed", &short_sessions());
    let client = fixture.client(&[]);
    list(&client).unwrap();
    // A provider that is earlier in the chain and has credentials since.
    fixture.profiles(&[json!({"name": "a", "mode": "AK", "access_key_id": KEY.0, "access_key_secret": KEY.1})]);
    std::thread::sleep(std::time::Duration::from_millis(2100));

    list(&client).unwrap();

    assert_eq!(client.credentials_source(), Some("ecs_ram_role"));
    assert_eq!(fixture.asked().iter().filter(|action| *action == "GetMetadataCredentials").count(), 2);
}

#[test]
fn row_144_a_variable_that_is_to_name_a_server_and_does_not_is_a_config_error() {
    for name in ["ESA_ENDPOINT", "ESA_STS_ENDPOINT", "ESA_METADATA_ENDPOINT"] {
        for (value, reason) in [("", "is set and empty"), ("http://10.0.0.1", "plain http"), (" ", "not a URL")] {
            let error = Client::new(Config::new().environment([(name, value)])).unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent));
            assert!(error.message().starts_with(name) && error.message().contains(reason), "{error}");
        }
    }
    // If the program sets the endpoint, the variable doesn't count.
    let mut config = Config::new();
    assert!(Client::new(config.endpoint("http://127.0.0.1:1").environment([("ESA_ENDPOINT", "")])).is_ok());
}

#[test]
fn row_144_variables_of_the_official_sdks_are_as_good_as_unset_where_they_are_empty() {
    let names = [
        "ALIBABA_CLOUD_REGION_ID",
        "ALIBABA_CLOUD_STS_REGION",
        "ALIBABA_CLOUD_CONFIG_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_URI",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "NO_PROXY",
    ];
    let fixture = fixture("empty", &[]);
    fixture.profiles(&[json!({"name": "a", "mode": "AK", "access_key_id": KEY.0, "access_key_secret": KEY.1})]);

    assert_found(fixture.find(&names.map(|name| (name, ""))), "cli_profile", &[]);
}
