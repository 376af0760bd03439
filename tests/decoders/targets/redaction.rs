//! Addresses of nodes: whatever of one may be secret is in nothing that is shown.

use reqwest::Url;

#[allow(dead_code, unreachable_pub, reason = "what is not asked of it here")]
#[path = "../../../actors/chain/alloy/src/endpoint.rs"]
mod endpoint;

use endpoint::Endpoint;

/// The address on the first line, and a text in which it may appear.
pub(super) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (address, said) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(endpoint) = Endpoint::parse(address) else { return };
    let _ = endpoint.redact(said);
    let Ok(url) = Url::parse(address.trim()) else { return };
    if url.scheme() == "ipc" {
        return;
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    assert_eq!(endpoint.to_string(), format!("{}://{host}{port}", url.scheme()));
    assert!(endpoint.text() == url.as_str());
    let shown = [format!("it failed: {url}"), said.to_owned(), format!("{said}{url}{said}")];
    for shown in shown.map(|text| endpoint.redact(&text)) {
        for secret in secrets(&url) {
            assert!(!shown.contains(&secret), "{secret:?} of {address:?} in {shown:?}");
        }
    }
}

/// What an address keeps from others: who asks, and the keys by which he may. What holds the mark
/// of what is hidden cannot be told from it.
fn secrets(url: &Url) -> Vec<String> {
    let keys = url.path_segments().into_iter().flatten().filter(|segment| 8 <= segment.len());
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let parts = [url.username(), url.password().unwrap_or_default()].into_iter().chain(keys);
    let all = parts.map(str::to_owned).chain(values);
    all.filter(|secret| 1 < secret.len() && !secret.contains('…')).collect()
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    [
        "https://user:pass%20word@node.example:8443/v3/my5ecretkey?key=abc\nbad key abc of user",
        "wss://node.example/abcdefgh%2Fij?a=%2541&b=c+d\nabcdefgh/ij c d %41",
        "http://127.0.0.1:8545\nconnection refused",
        "ipc:///run/node.ipc\n/run/node.ipc",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
