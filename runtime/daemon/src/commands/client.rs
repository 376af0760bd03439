//! Talking to a running daemon.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde_json::Value;

use crate::cli::DaemonArgs;
use crate::exit::{Exit, UNAVAILABLE, USAGE};

/// A daemon reached over HTTP.
pub(super) struct Client<'a> {
    url: &'a str,
    agent: ureq::Agent,
}

impl<'a> Client<'a> {
    pub(super) fn new(daemon: &'a DaemonArgs) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_recv_response(Some(Duration::from_secs(15)))
            .build();
        Self { url: daemon.url.trim_end_matches('/'), agent: config.into() }
    }

    pub(super) fn get(&self, path: &str) -> Result<Value, Exit> {
        self.read(self.agent.get(self.at(path)).call())
    }

    /// As [`Self::get`]; nothing if nobody answers there any more.
    pub(super) fn get_if_there(&self, path: &str) -> Result<Option<Value>, Exit> {
        match self.agent.get(self.at(path)).call() {
            Ok(answer) => self.read(Ok(answer)).map(Some),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn post(&self, path: &str) -> Result<Value, Exit> {
        self.read(self.agent.post(self.at(path)).send_empty())
    }

    /// As [`Self::post`], for what may take its time.
    pub(super) fn post_patiently(&self, path: &str) -> Result<Value, Exit> {
        let patience = Some(Duration::from_secs(3_600));
        let request = self.agent.post(self.at(path)).config();
        self.read(request.timeout_recv_response(patience).build().send_empty())
    }

    pub(super) fn delete(&self, path: &str) -> Result<Value, Exit> {
        self.read(self.agent.delete(self.at(path)).call())
    }

    /// Hands each event of a server-sent stream to `take`, as its type and data, until it says
    /// stop or the daemon ends.
    pub(super) fn follow(
        &self,
        path: &str,
        mut take: impl FnMut(&str, &str) -> Result<bool, Exit>,
    ) -> Result<(), Exit> {
        let response = self.agent.get(self.at(path)).call().map_err(|error| self.lost(&error))?;
        if !response.status().is_success() {
            return self.read(Ok(response)).map(drop);
        }
        let mut kind = String::new();
        for line in BufReader::new(response.into_body().into_reader()).lines() {
            let line = line?;
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut kind);
            } else if let Some(data) = line.strip_prefix("data: ") {
                if !take(&kind, data)? {
                    return Ok(());
                }
                kind.clear();
            }
        }
        Ok(())
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn lost(&self, error: &ureq::Error) -> Exit {
        let hint = "is it running? `--url` or SYNOD_URL says where";
        let code = match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => USAGE,
            _ => UNAVAILABLE,
        };
        Exit::new(code, format!("no daemon answers at {}: {error}; {hint}", self.url))
    }

    /// Somebody answers, and it is not in our words.
    fn strange(&self, error: &ureq::Error) -> Exit {
        let hint = "`--url` or SYNOD_URL says where; its port is that of `http.listen`";
        let told = format!("who answers at {} is no synod daemon: {error}; {hint}", self.url);
        Exit::new(UNAVAILABLE, told)
    }

    fn read(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, Exit> {
        let mut response = answer.map_err(|error| self.lost(&error))?;
        let status = response.status();
        let body: Value = response.body_mut().read_json().map_err(|error| self.strange(&error))?;
        if status.is_success() {
            return Ok(body);
        }
        let detail = body.get("detail").and_then(Value::as_str).unwrap_or("no detail given");
        Err(Exit::new(UNAVAILABLE, format!("{status}: {detail}")))
    }
}

/// A name as one segment of a path, or as a value in a query.
pub(super) fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = name.bytes().map(|byte| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    each.collect()
}
