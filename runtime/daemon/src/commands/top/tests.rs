//! What is left of the terminal when something panics: all of it.

use std::fs::File;
use std::io::Read;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

use super::*;

/// Says to the child what is to panic.
const CHILD: &str = "SYNOD_TEST_TOP_PANICS";
const SIZE: (u16, u16) = (24, 100);

/// The child: takes the screen, and then something panics. Without a word of what, it is no test.
#[test]
fn top_child() {
    let Ok(what) = std::env::var(CHILD) else { return };
    let (tell, told) = sync_channel(QUEUE);
    let mut screen = Screen::take().unwrap();
    if what == "loop" {
        drop(screen.0.draw(|_| panic!("the picture could not be drawn")));
    }
    start("keys", &tell, |_| panic!("no such key")).unwrap();
    let ended = run(screen, State::new("http://127.0.0.1:1"), (&tell, &told));
    let told = ended.unwrap_err().message;
    assert!(told.starts_with("the thread `keys` panicked at "), "{told}");
    assert!(told.ends_with(": no such key") && !told.contains('\n'), "{told}");
}

/// Runs the child on a terminal of its own; what that shows in the end.
fn shown_after_a_panic_of(what: &str) -> String {
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
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["commands::top::tests::top_child", "--exact", "--nocapture"]);
    command.env(CHILD, what).env("RUST_BACKTRACE", "0").env("TERM", "xterm-256color");
    let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop(command);
    let written = File::from(master);
    let mut reading = written.try_clone().unwrap();
    let reader = thread::spawn(move || {
        let cells = |count: u16| std::num::NonZero::new(count).unwrap();
        let mut screen = vt100::Parser::new(cells(SIZE.0), cells(SIZE.1), 0);
        let (mut bytes, mut was_taken) = ([0; 4_096], false);
        // A terminal whose last writer has gone reads as an error.
        while let Ok(count @ 1..) = reading.read(&mut bytes) {
            for byte in &bytes[..count] {
                screen.process(std::slice::from_ref(byte));
                was_taken |= screen.screen().alternate_screen();
            }
        }
        assert!(was_taken, "the screen was never taken");
        let screen = screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{}", screen.contents());
        screen.contents()
    });
    child.wait().unwrap();
    let after = tcgetattr(&slave).unwrap();
    assert_eq!(after.local_modes, before.local_modes);
    assert_eq!(after.input_modes, before.input_modes);
    assert_eq!(after.output_modes, before.output_modes);
    drop(slave);
    reader.join().unwrap()
}

#[test]
fn a_panic_of_the_loop_gives_the_terminal_back_and_is_read_there() {
    let shown = shown_after_a_panic_of("loop");
    assert!(shown.contains("the picture could not be drawn"), "{shown}");
}

#[test]
fn a_panic_of_a_thread_ends_the_loop_which_gives_the_terminal_back() {
    let shown = shown_after_a_panic_of("thread");
    assert!(shown.contains("test result: ok") && !shown.contains("select"), "{shown}");
}
