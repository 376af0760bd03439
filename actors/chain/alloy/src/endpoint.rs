use std::fmt;

use reqwest::Url;

/// Path segments shorter than this are no keys, and appear in many texts.
const KEY_LENGTH_MIN: usize = 8;

/// Where a node is. Shows the host and nothing that may be secret.
#[derive(Clone)]
pub(crate) struct Endpoint {
    url: Url,
    secrets: Vec<String>,
}

/// Why an address is none. Does not show it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of the node is not a URL beginning with {expected}")]
pub struct InvalidUrl {
    expected: &'static str,
}

impl Endpoint {
    pub(crate) fn http(text: &str) -> Result<Self, InvalidUrl> {
        Self::parse(text, &["http", "https"], "http:// or https://")
    }

    pub(crate) fn ws(text: &str) -> Result<Self, InvalidUrl> {
        Self::parse(text, &["ws", "wss"], "ws:// or wss://")
    }

    fn parse(text: &str, schemes: &[&str], expected: &'static str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidUrl { expected })?;
        if !schemes.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUrl { expected });
        }
        let segments = url.path_segments().into_iter().flatten();
        let keys = segments.filter(|segment| KEY_LENGTH_MIN <= segment.len());
        let pairs: Vec<_> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
        let mut secrets: Vec<String> = [url.as_str(), url.path(), url.username()]
            .into_iter()
            .chain(url.password())
            .chain(url.query())
            .chain(keys)
            .map(str::to_owned)
            .chain(pairs)
            .filter(|secret| 1 < secret.len())
            .collect();
        // The longest first: a part of it must not be all that is hidden.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Ok(Self { url, secrets })
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    /// `text` without anything of the address that may be secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        let hide = |text: String, secret: &String| text.replace(secret.as_str(), "…");
        self.secrets.iter().fold(text.to_owned(), hide)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.url.scheme(), self.url.host_str().unwrap_or_default())?;
        self.url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
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
        let endpoint = Endpoint::http(url).unwrap();
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
        check("http://127.0.0.1:8545", "connection refused", "connection refused");
    }

    #[test]
    fn other_addresses_are_refused_unseen() {
        for bad in ["", "node.example", "ftp://my5ecretkey", "http://", "ws://node.example"] {
            let error = Endpoint::http(bad).unwrap_err().to_string();
            assert!(!error.contains("5ecret") && error.contains("http://"), "{error}");
        }
        assert!(Endpoint::ws("wss://node.example/key").is_ok());
    }
}
