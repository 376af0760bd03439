//! A browser without a screen, told what to do through a pipe; and streams without a browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::{Value, json};

use crate::support::{Lines, PATIENCE, until};

/// Chromium. It does not outlive the test.
pub(super) struct Browser {
    child: Child,
    pipe: ChildStdin,
    told: Receiver<Value>,
    calls: u64,
    complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        // It reads commands from descriptor 3 and answers on 4.
        let line = "exec chromium --headless --no-sandbox --disable-gpu --no-first-run \
            --disable-background-networking --disable-component-update --disable-sync \
            --disable-dev-shm-usage --remote-debugging-pipe --user-data-dir=\"$1\" \
            3<&0 4>&1 0</dev/null 1>&2";
        let is_there = Command::new("chromium").arg("--version").output().is_ok();
        assert!(is_there, "chromium is not installed; `bash tests/run` installs it");
        let mut command = Command::new("sh");
        command.args(["-c", line, "sh"]).arg(profile.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a shell starts");
        let pipe = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = sync_channel(1_024);
        std::thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("the browser speaks JSON");
                if tell.send(message).is_err() {
                    break;
                }
            }
        });
        Self { child, pipe, told, calls: 0, complaints: Vec::new(), _profile: profile }
    }

    /// Opens a page.
    pub(super) fn tab(&mut self, url: &str) -> Tab<'_> {
        self.open(url, false)
    }

    /// Opens a page whose script does not run.
    pub(super) fn tab_without_script(&mut self, url: &str) -> Tab<'_> {
        self.open(url, true)
    }

    fn open(&mut self, url: &str, is_mute: bool) -> Tab<'_> {
        let target = self.call("", "Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call("", "Target.attachToTarget", attach)["sessionId"].clone();
        let mut tab = Tab { browser: self, session: session.as_str().unwrap().to_owned() };
        for domain in ["Log.enable", "Runtime.enable", "Page.enable"] {
            tab.call(domain, json!({}));
        }
        tab.call("Emulation.setScriptExecutionDisabled", json!({ "value": is_mute }));
        tab.call("Page.navigate", json!({ "url": url }));
        let loaded = "location.href !== 'about:blank' && document.readyState === 'complete'";
        tab.until("the page to load", loaded);
        tab
    }

    fn call(&mut self, session: &str, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = json!(session);
        }
        write!(self.pipe, "{message}\0").expect("the browser runs");
        loop {
            let told = self.told.recv_timeout(PATIENCE).expect("the browser answers");
            if told["id"] == self.calls {
                assert!(told["error"].is_null(), "{method}: {told}");
                return told["result"].clone();
            }
            let is_complaint = told["method"] == "Runtime.exceptionThrown"
                || (told["method"] == "Log.entryAdded"
                    && told["params"]["entry"]["level"] != "info");
            if is_complaint {
                self.complaints.push(told["params"].to_string());
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One page.
pub(super) struct Tab<'a> {
    browser: &'a mut Browser,
    session: String,
}

impl Tab<'_> {
    /// What an expression is worth in the page.
    #[track_caller]
    pub(super) fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        let told = self.call("Runtime.evaluate", params);
        assert!(told["exceptionDetails"].is_null(), "{expression}: {told}");
        told["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(super) fn until(&mut self, what: &str, expression: &str) {
        until(what, || (self.value(expression) == true).then_some(()));
    }

    /// What can be read on it.
    pub(super) fn text(&mut self) -> String {
        self.value("document.body.innerText").as_str().unwrap().to_owned()
    }

    pub(super) fn resize(&mut self, width: u64, height: u64) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Errors, refused loads and exceptions so far.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        self.browser.complaints.clone()
    }

    #[track_caller]
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.browser.call(&self.session, method, params)
    }
}

/// A stream of events that is held open.
pub(super) struct Stream(Box<dyn Read + Send>);

impl Stream {
    #[track_caller]
    pub(super) fn open(url: &str) -> Self {
        Self::try_open(url).expect("a place is free")
    }

    /// None if there is no place.
    pub(super) fn try_open(url: &str) -> Option<Self> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let answer = ureq::Agent::from(config).get(url).call().expect("an answer");
        (answer.status() == 200).then(|| Self(Box::new(answer.into_body().into_reader())))
    }
}

/// The lines of a stream, as they come.
pub(super) fn lines(url: &str) -> Lines {
    Lines::of(Stream::open(url).0)
}
