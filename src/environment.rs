//! The environment variables that the library uses. They are read once, when a client is created.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use zeroize::Zeroizing;

/// The variables that are set.
#[derive(Clone)]
pub(crate) struct Environment {
    known: Vec<(&'static str, Zeroizing<String>)>,
    /// All variables of the process, for child programs: names and values.
    all: Vec<(OsString, Zeroizing<Vec<u8>>)>,
}

pub(crate) const ACCESS_KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
pub(crate) const ACCESS_KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
pub(crate) const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
pub(crate) const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
pub(crate) const ROLE_SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";
pub(crate) const OIDC_PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
pub(crate) const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
pub(crate) const STS_REGION: &str = "ALIBABA_CLOUD_STS_REGION";
pub(crate) const VPC_ENDPOINT_ENABLED: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";
pub(crate) const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
pub(crate) const CONFIG_FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
pub(crate) const CLI_PROFILE_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
pub(crate) const CREDENTIALS_FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
pub(crate) const ECS_METADATA: &str = "ALIBABA_CLOUD_ECS_METADATA";
pub(crate) const ECS_METADATA_DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
pub(crate) const IMDSV1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
pub(crate) const CREDENTIALS_URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
/// A switch of the command line. Profiles may then neither run commands nor ask the user's own servers.
pub(crate) const EXTERNAL_PROCESS_DISABLED: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
pub(crate) const HOME: &str = "HOME";
pub(crate) const REGION_ID: &str = "ALIBABA_CLOUD_REGION_ID";
pub(crate) const ENDPOINT: &str = "ESA_ENDPOINT";
pub(crate) const STS_ENDPOINT: &str = "ESA_STS_ENDPOINT";
pub(crate) const METADATA_ENDPOINT: &str = "ESA_METADATA_ENDPOINT";

/// Read as OpenSSL does. SSL_CERT_DIR isn't read, because its file names are hashes that only OpenSSL computes.
pub(crate) const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

pub(crate) const USER_AGENT: &str = "ALIBABA_CLOUD_USER_AGENT";
// In the order in which the official SDKs read the two cases.
pub(crate) const HTTPS_PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
pub(crate) const HTTP_PROXY: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
pub(crate) const ALL_PROXY: [&str; 2] = ["ALL_PROXY", "all_proxy"];
pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Set in CGI programs.
pub(crate) const REQUEST_METHOD: &str = "REQUEST_METHOD";

const KNOWN: [&str; 34] = [
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    SECURITY_TOKEN,
    ROLE_ARN,
    ROLE_SESSION_NAME,
    OIDC_PROVIDER_ARN,
    OIDC_TOKEN_FILE,
    STS_REGION,
    VPC_ENDPOINT_ENABLED,
    PROFILE,
    CONFIG_FILE,
    CLI_PROFILE_DISABLED,
    CREDENTIALS_FILE,
    ECS_METADATA,
    ECS_METADATA_DISABLED,
    IMDSV1_DISABLED,
    CREDENTIALS_URI,
    EXTERNAL_PROCESS_DISABLED,
    HOME,
    REGION_ID,
    ENDPOINT,
    STS_ENDPOINT,
    METADATA_ENDPOINT,
    SSL_CERT_FILE,
    USER_AGENT,
    HTTPS_PROXY[0],
    HTTPS_PROXY[1],
    HTTP_PROXY[0],
    HTTP_PROXY[1],
    ALL_PROXY[0],
    ALL_PROXY[1],
    NO_PROXY[0],
    NO_PROXY[1],
    REQUEST_METHOD,
];

impl Environment {
    /// Reads the process's variables.
    pub(crate) fn of_process() -> Environment {
        Environment::of(std::env::vars_os())
    }

    /// Returns an environment of these variables.
    pub(crate) fn of(variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>) -> Environment {
        let all: Vec<(OsString, Zeroizing<Vec<u8>>)> =
            variables.into_iter().map(|(name, value)| (name.into(), Zeroizing::new(value.into().into_vec()))).collect();
        let known = all.iter().filter_map(|(name, value)| {
            let name = KNOWN.into_iter().find(|known| name == known)?;
            // Invalid UTF-8 is kept as replacement characters, so that its reader refuses it. To ignore it would
            // silently change the settings.
            Some((name, Zeroizing::new(String::from_utf8_lossy(value).into_owned())))
        });
        Environment { known: known.collect(), all }
    }

    /// Returns the value of a variable. An empty one counts as unset, as in the official SDKs.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.get_even_empty(name).filter(|value| !value.is_empty())
    }

    /// Returns the value of a variable that must not be empty. To ignore an empty one would have an unwanted effect.
    pub(crate) fn get_even_empty(&self, name: &str) -> Option<&str> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a required path, or the error that the variable isn't set.
    pub(crate) fn require_path(&self, name: &str) -> Result<&Path, String> {
        self.require(name)?;
        self.path(name).ok_or_else(|| format!("{name} is not set"))
    }

    /// Returns a required value, or the error that the variable isn't set.
    pub(crate) fn require(&self, name: &str) -> Result<&str, String> {
        match self.get_even_empty(name) {
            None => Err(format!("{name} is not set")),
            Some("") => Err(format!("{name} is empty")),
            Some(value) => Ok(value),
        }
    }

    /// Whether a switch is on: `true` in any case, or `1`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// Returns the path in a variable. It may have any bytes.
    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        self.all().find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| Path::new(value))
    }

    /// Returns all variables of the process.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.all.iter().map(|(name, value)| (name.as_os_str(), OsStr::from_bytes(value)))
    }
}

/// Leaves out the values: some are secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.known.iter().map(|(name, _)| name)).finish()
    }
}
