use super::*;

/// Reads `text`; says it again as we would send it on.
fn check(text: &str, expected: Result<&str, BadTraceparent>) {
    let read = text.parse().map(|context: TraceContext| context.to_string());
    assert_eq!(read, expected.map(str::to_owned), "{text}");
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[test]
fn the_examples_of_the_standard_are_read() {
    for valid in [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "00-12345678901234567890123456789012-1234567890123456-01",
    ] {
        check(valid, Ok(valid));
    }
}

#[test]
fn a_version_to_come_is_read_as_far_as_ours_goes() {
    let ours = format!("00-{TRACE}-b7ad6b7169203331-01");
    for text in ["cc", "01", "fe"].map(|version| format!("{version}-{TRACE}-b7ad6b7169203331-01")) {
        check(&text, Ok(&ours));
        check(&format!("{text}-what-the-future-will-be-like"), Ok(&ours));
        check(&format!("{text}-"), Ok(&ours));
        check(&format!("{text}.what"), Err(BadTraceparent::Form));
        check(&format!("{text}0"), Err(BadTraceparent::Form));
    }
}

#[test]
fn what_the_standard_calls_invalid_is_refused_by_its_rule() {
    use BadTraceparent::{Digit, Form, Span, Trace, Version};
    let ok = format!("00-{TRACE}-b7ad6b7169203331-01");
    for (text, rule) in [
        (String::new(), Form),
        ("00".to_owned(), Form),
        (ok[..54].to_owned(), Form),
        (format!("{ok}-"), Form),
        (format!("{ok}-extra"), Form),
        (format!(" {ok}"), Form),
        (ok.replace('-', "_"), Form),
        (format!("0-{TRACE}-b7ad6b7169203331-01x"), Form),
        (format!("ff-{TRACE}-b7ad6b7169203331-01"), Version),
        (format!("0x-{TRACE}-b7ad6b7169203331-01"), Digit),
        (format!("CC-{TRACE}-b7ad6b7169203331-01"), Digit),
        (ok.replace(TRACE, &TRACE.to_uppercase()), Digit),
        (ok.replace(TRACE, &TRACE.replace('0', ".")), Digit),
        (format!("00-{TRACE}-B7AD6B7169203331-01"), Digit),
        (format!("00-{TRACE}-b7ad6b7169203331-.0"), Digit),
        (format!("00-{TRACE}-b7ad6b7169203331-0G"), Digit),
        (ok.replace(TRACE, &"0".repeat(32)), Trace),
        (format!("00-{TRACE}-{}-01", "0".repeat(16)), Span),
        (format!("00-{TRACE}-b7ad6b716920333ü-01"), Form),
    ] {
        check(&text, Err(rule));
    }
}

#[test]
fn flags_that_nobody_knows_are_not_handed_on() {
    for (told, handed_on) in [("ff", "03"), ("04", "00"), ("03", "03"), ("09", "01")] {
        let text = format!("00-{TRACE}-b7ad6b7169203331-{told}");
        check(&text, Ok(&format!("00-{TRACE}-b7ad6b7169203331-{handed_on}")));
    }
}

#[test]
fn what_follows_hangs_below() {
    let context: TraceContext = format!("00-{TRACE}-b7ad6b7169203331-01").parse().unwrap();
    let below = context.below(SpanId::new(1).unwrap());
    assert_eq!(below.to_string(), format!("00-{TRACE}-0000000000000001-01"));
    assert!(below.is_sampled());
    assert_eq!((TraceId::new(0), SpanId::new(0)), (None, None));
}
