use reqwest::Url;

/// Why an address is none. Does not show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address is no URL of http:// or https:// with a host")]
pub struct InvalidAddress;

/// Where a remote signer is. What may be secret in it is used and not shown.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) url: Url,
    /// Who is there: kind, scheme, host and port.
    pub(crate) place: String,
}

impl Address {
    pub(crate) fn parse(kind: &str, text: &str) -> Result<Self, InvalidAddress> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidAddress)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidAddress)?;
        let port = url.port_or_known_default().ok_or(InvalidAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidAddress);
        }
        let place = format!("{kind} at {}://{host}:{port}", url.scheme());
        Ok(Self { url, place })
    }

    /// The address of `segments` below this one.
    pub(crate) fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_where_and_nothing_else() {
        let address =
            Address::parse("web3signer", "https://user:secret@host/t0ken/?key=k").unwrap();
        assert_eq!(address.place, "web3signer at https://host:443");
        let below = address.below(&["api", "v1"]).to_string();
        assert_eq!(below, "https://user:secret@host/t0ken/api/v1?key=k");
    }

    #[test]
    fn what_is_no_address_is_refused_unseen() {
        for text in ["", "host:1", "ftp://host", "http://", "https://?k", "unix:/secret"] {
            let refused = Address::parse("web3signer", text).map(|address| address.place);
            assert_eq!(refused, Err(InvalidAddress), "{text}");
        }
    }
}
