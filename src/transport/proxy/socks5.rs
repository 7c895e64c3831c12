//! Connects through a SOCKS5 proxy: RFC 1928, with the credentials of RFC 1929.

use std::net::IpAddr;

use zeroize::Zeroizing;

use super::super::stream::{Socket, read_exact, write_all};
use super::{Failure, ProxyCredentials};
use crate::wait::Limits;

/// The longest part of a request. Its length is one byte.
pub(super) const LONGEST_PART: usize = 255;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const CREDENTIALS_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// The address that the proxy connects to.
pub(super) enum Target<'a> {
    Name(&'a str),
    Address(IpAddr),
}

/// Asks the proxy at the other end of `socket` to connect to `target`.
pub(super) async fn open(
    socket: &Socket,
    target: &Target<'_>,
    port: u16,
    credentials: Option<&ProxyCredentials>,
    limits: &Limits<'_>,
) -> Result<(), Failure> {
    let methods =
        if credentials.is_some() { &[NO_AUTHENTICATION, USER_AND_PASSWORD][..] } else { &[NO_AUTHENTICATION] };
    write_all(socket, &[&[VERSION, length(methods)?], methods].concat(), limits).await?;
    let [version, method] = read(socket, limits).await?;
    if version != VERSION {
        return Err(no_answer());
    }
    match (method, credentials) {
        (NO_AUTHENTICATION, _) => {}
        (USER_AND_PASSWORD, Some(credentials)) => authenticate(socket, credentials, limits).await?,
        (_, None) => return Err(Failure::Credentials("wants credentials".to_owned())),
        (_, Some(_)) => {
            let reason = "wants another kind of authentication than user name and password".to_owned();
            return Err(Failure::Refused { reason, passes: false });
        }
    }
    let mut request = vec![VERSION, CONNECT, 0];
    match target {
        Target::Name(name) => {
            request.extend([NAME, length(name.as_bytes())?]);
            request.extend(name.bytes());
        }
        Target::Address(IpAddr::V4(address)) => request.extend([&[IPV4], &address.octets()[..]].concat()),
        Target::Address(IpAddr::V6(address)) => request.extend([&[IPV6], &address.octets()[..]].concat()),
    }
    request.extend(port.to_be_bytes());
    write_all(socket, &request, limits).await?;
    read_answer(socket, limits).await
}

async fn authenticate(
    socket: &Socket,
    ProxyCredentials { user, password }: &ProxyCredentials,
    limits: &Limits<'_>,
) -> Result<(), Failure> {
    let (user, password) = (user.as_bytes(), password.as_bytes());
    // Allocated with its full length: growing would leave copies of the password in memory.
    let request =
        Zeroizing::new([&[CREDENTIALS_VERSION, length(user)?], user, &[length(password)?], password].concat());
    write_all(socket, &request, limits).await?;
    match read(socket, limits).await? {
        [_, 0] => Ok(()),
        _ => Err(Failure::Credentials("doesn't accept the credentials".to_owned())),
    }
}

async fn read_answer(socket: &Socket, limits: &Limits<'_>) -> Result<(), Failure> {
    let [version, reply, _, kind] = read(socket, limits).await?;
    if version != VERSION {
        return Err(no_answer());
    }
    let (reason, passes) = match reply {
        0 => {
            // The address and the port that the proxy connects from. They aren't used.
            let address = match kind {
                IPV4 => 4,
                IPV6 => 16,
                NAME => usize::from(read::<1>(socket, limits).await?[0]),
                _ => return Err(no_answer()),
            };
            read_exact(socket, &mut vec![0; address + 2], limits).await?;
            return Ok(());
        }
        1 => ("it fails", true),
        2 => ("its rules don't allow it", false),
        3 => ("the endpoint's network can't be reached", true),
        4 => ("the endpoint's host can't be reached", true),
        5 => ("the endpoint refuses the connection", true),
        6 => ("it takes too long", true),
        7 => ("it doesn't support CONNECT", false),
        8 => ("it doesn't support this kind of address", false),
        _ => return Err(no_answer()),
    };
    Err(Failure::Refused { reason: format!("doesn't connect: {reason}"), passes })
}

async fn read<const N: usize>(socket: &Socket, limits: &Limits<'_>) -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    read_exact(socket, &mut bytes, limits).await?;
    Ok(bytes)
}

/// Returns the length of a part as one byte.
fn length(part: &[u8]) -> Result<u8, Failure> {
    u8::try_from(part.len())
        .map_err(|_| Failure::NoAnswer("can't take a name or a password of more than 255 bytes".to_owned()))
}

fn no_answer() -> Failure {
    Failure::NoAnswer("doesn't answer in SOCKS5".to_owned())
}
