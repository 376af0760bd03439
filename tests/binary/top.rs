//! `synod top` on a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize};

use super::support::{PATIENCE, Synod, until};

const SIZE: (u16, u16) = (40, 140);

fn size_of(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

/// A program on a pseudo-terminal, and what the screen shows. It does not outlive the test.
struct OnTerminal {
    child: Child,
    keys: File,
    slave: OwnedFd,
    before: Termios,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl OnTerminal {
    fn start(args: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let (rows, columns) = SIZE;
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&slave, size).unwrap();
        let before = tcgetattr(&slave).unwrap();
        let end = || slave.try_clone().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_synod"));
        command.args(args).stdin(end()).stdout(end()).stderr(end()).env("TERM", "xterm-256color");
        command.env_remove("SYNOD_URL").env_remove("NO_COLOR");
        let child = command.spawn().expect("the binary starts");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(size_of(rows), size_of(columns), 0)));
        let (shown, mut written) = (Arc::clone(&screen), File::from(master));
        let keys = written.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = written.read(&mut bytes) {
                shown.lock().process(&bytes[..count]);
            }
        });
        Self { child, keys, slave: slave.into(), before, screen }
    }

    fn text(&self) -> String {
        self.screen.lock().screen().contents()
    }

    /// Waits until the screen shows all of `words`.
    #[track_caller]
    fn shows(&self, words: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        while !words.iter().all(|word| self.text().contains(word)) {
            assert!(Instant::now() < deadline, "no {words:?} on\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The line that shows `word`.
    #[track_caller]
    fn line(&self, word: &str) -> String {
        let text = self.text();
        let found = text.lines().find(|line| line.contains(word));
        found.unwrap_or_else(|| panic!("no {word} in\n{text}")).to_owned()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, and looks whether the terminal is as it was.
    #[track_caller]
    fn ends_in_order(&mut self) -> ExitStatus {
        let status = until("the end", || self.child.try_wait().unwrap());
        until("the screen to be given back", || {
            let screen = self.screen.lock();
            let screen = screen.screen();
            (!screen.alternate_screen() && !screen.hide_cursor()).then_some(())
        });
        let after = tcgetattr(&self.slave).unwrap();
        assert!(after.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO));
        assert_eq!(after.local_modes, self.before.local_modes);
        assert_eq!(after.input_modes, self.before.input_modes);
        assert_eq!(after.output_modes, self.before.output_modes);
        status
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_network_is_watched_and_an_actor_restarted() {
    let (synod, reach) = Synod::ready_dev(&[]);
    synod.event("certified", |_| true);
    let mut top = OnTerminal::start(&["top", "--url", &reach.http]);
    top.shows(&["● live", "signer-1", "quorum", "actors running 16 of 16", "q quit"]);
    assert!(top.screen.lock().screen().alternate_screen());
    // A busy actor has a rate and times by now, or soon.
    until("rates and times", || {
        let line = top.line("store ");
        (line.contains("µs") || line.contains(" ms")).then_some(())
    });

    top.press("/signer-1\r");
    top.shows(&["filter: signer-1"]);
    assert!(!top.text().contains("quorum"), "{}", top.text());
    top.press("\r");
    top.shows(&["signer-1  actor", "journal", "Last failures"]);
    top.press("r");
    top.shows(&["Restart signer-1?"]);
    top.press("y");
    top.shows(&["life      2, "]);
    assert_eq!(reach.actor("signer-1")["incarnation"], 2);
    top.press("q");
    assert_eq!(top.ends_in_order().code(), Some(0));
}

#[test]
fn a_daemon_that_ends_is_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let data = ["--data-dir", data.to_str().unwrap()];
    let (mut synod, reach) = Synod::ready_dev(&data);
    let mut top = OnTerminal::start(&["top", "--url", &reach.http]);
    top.shows(&["● live", "signer-1"]);
    synod.signal(Signal::KILL);
    synod.end();
    top.shows(&["▲ lost; trying again", "signer-1"]);
    let port = reach.http.rsplit(':').next().unwrap();
    let again = format!("127.0.0.1:{port}");
    let free = "127.0.0.1:0";
    let _synod = Synod::start(
        &[&["dev", "--json", "--http", &again, "--metrics", free][..], &data].concat(),
    );
    top.shows(&["● live"]);
    top.signal(Signal::TERM);
    assert_eq!(top.ends_in_order().code(), Some(0));
}

#[test]
fn control_c_ends_it_too() {
    let (_synod, reach) = Synod::ready_dev(&[]);
    let mut top = OnTerminal::start(&["top", "--url", &reach.http]);
    top.shows(&["● live"]);
    top.press("\u{3}");
    assert_eq!(top.ends_in_order().code(), Some(0));
}
