use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::Url;

/// Path segments shorter than this are no keys, and appear in many texts.
const KEY_LENGTH_MIN: usize = 8;
/// What may stand before the path of a Unix socket.
const IPC: &str = "ipc:";

/// Where a node is. Shows the host and nothing that may be secret.
#[derive(Clone)]
pub(crate) struct Endpoint {
    way: Way,
    secrets: Vec<String>,
}

/// How it is reached.
#[derive(Clone)]
pub(crate) enum Way {
    Http(Url),
    Ws(Url),
    Ipc(PathBuf),
}

/// Why an address is none. Does not show it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of the node is not a URL beginning with {expected}")]
pub struct InvalidUrl {
    expected: &'static str,
}

impl Endpoint {
    /// An address that can be asked.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let expected = "http://, https://, ws://, wss:// or ipc:/";
        let text = text.trim();
        if let Some(path) = text.strip_prefix(IPC) {
            let path = path.strip_prefix("//").unwrap_or(path);
            if !path.starts_with('/') {
                return Err(InvalidUrl { expected });
            }
            return Ok(Self { way: Way::Ipc(PathBuf::from(path)), secrets: Vec::new() });
        }
        let url = Url::parse(text).map_err(|_| InvalidUrl { expected })?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUrl { expected });
        }
        let secrets = secrets(&url);
        let way = match url.scheme() {
            "http" | "https" => Way::Http(url),
            "ws" | "wss" => Way::Ws(url),
            _ => return Err(InvalidUrl { expected }),
        };
        Ok(Self { way, secrets })
    }

    /// An address that new heads are heard from.
    pub(crate) fn ws(text: &str) -> Result<Self, InvalidUrl> {
        let endpoint = Self::parse(text)?;
        let is_ws = matches!(endpoint.way, Way::Ws(_));
        if is_ws { Ok(endpoint) } else { Err(InvalidUrl { expected: "ws:// or wss://" }) }
    }

    pub(crate) const fn way(&self) -> &Way {
        &self.way
    }

    /// The whole address. Not to be shown.
    pub(crate) fn text(&self) -> &str {
        match &self.way {
            Way::Http(url) | Way::Ws(url) => url.as_str(),
            Way::Ipc(path) => path.to_str().unwrap_or_default(),
        }
    }

    /// `text` without anything of the address that may be secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        let hide = |text: String, secret: &String| text.replace(secret.as_str(), "…");
        self.secrets.iter().fold(text.to_owned(), hide)
    }
}

/// Whatever of an address may be secret, the longest first: a part of it must not be all that is
/// hidden. What is written with `%` is hidden as it is meant, too.
fn secrets(url: &Url) -> Vec<String> {
    let segments = url.path_segments().into_iter().flatten();
    let keys = segments.filter(|segment| KEY_LENGTH_MIN <= segment.len());
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let mut secrets: Vec<String> = [url.as_str(), url.path(), url.username()]
        .into_iter()
        .chain(url.password())
        .chain(url.query())
        .chain(keys)
        .flat_map(|text| [text.to_owned(), decoded(text)])
        .chain(values)
        .filter(|secret| 1 < secret.len())
        .collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.dedup();
    secrets
}

/// Without `%` and two digits for a byte.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(meant) => {
                plain.push(meant);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Http(url) | Way::Ws(url) => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
            }
            Way::Ipc(path) => write!(f, "{IPC}{}", Path::display(path)),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, text: &str, expected: &str) {
        let endpoint = Endpoint::parse(url).unwrap();
        assert_eq!(endpoint.redact(text), expected);
        let shown = format!("{endpoint} {endpoint:?}");
        for secret in ["user", "word", "key", "5ecret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn whatever_may_be_secret_is_hidden() {
        let url = "https://user:pass%20word@node.example:8443/v3/my5ecretkey?key=abc";
        check(url, &format!("error for {url}"), "error for …");
        check(url, "my5ecretkey is over its limit", "… is over its limit");
        check(url, "bad key abc of user", "bad key … of …");
        check(url, "no entry for pass word", "no entry for …");
        check("http://127.0.0.1:8545", "connection refused", "connection refused");
    }

    #[test]
    fn a_socket_is_a_path() {
        for text in ["ipc:/run/node.ipc", "ipc:///run/node.ipc"] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(
                (endpoint.text(), endpoint.to_string().as_str()),
                ("/run/node.ipc", "ipc:/run/node.ipc")
            );
        }
    }

    #[test]
    fn other_addresses_are_refused_unseen() {
        for bad in ["", "node.example", "ftp://my5ecretkey", "http://", "ipc:relative"] {
            let error = Endpoint::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("5ecret") && error.contains("http://"), "{error}");
        }
        assert!(Endpoint::ws("wss://node.example/key").is_ok());
        assert!(Endpoint::ws("https://node.example/key").is_err());
    }
}
