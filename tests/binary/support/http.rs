use serde_json::Value;

use super::PATIENCE;

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// Its JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The detail of the problem it must be.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.kind, "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn get(url: &str) -> Answer {
    request("GET", url, &[], "")
}

pub(crate) fn delete(url: &str) -> Answer {
    request("DELETE", url, &[], "")
}

pub(crate) fn post(url: &str, body: &str) -> Answer {
    request("POST", url, &[], body)
}

#[track_caller]
pub(crate) fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent = ureq::Agent::from(config);
    let answer = match body {
        "" => agent.run(request.body(()).unwrap()),
        body => agent.run(request.body(body.to_owned()).unwrap()),
    };
    let mut answer = answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    Answer {
        status: answer.status().as_u16(),
        kind: kind.unwrap_or_default(),
        headers: answer.headers().clone(),
        text: answer.body_mut().read_to_string().unwrap(),
    }
}
