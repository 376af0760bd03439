use super::*;

#[test]
fn a_path_is_read_and_written_alike() {
    for text in ["m/0", "m/12381/60/0/0", "m/12381/3600/4294967295/0/0"] {
        assert_eq!(text.parse::<KeyPath>().unwrap().to_string(), text);
    }
    let deepest = format!("m{}", "/7".repeat(STEPS_MAX));
    assert_eq!(deepest.parse::<KeyPath>().unwrap().steps().len(), STEPS_MAX);
}

#[test]
fn what_is_no_path_is_refused() {
    let too_deep = format!("m{}", "/7".repeat(STEPS_MAX + 1));
    for text in [
        "",
        "m",
        "m/",
        "/0",
        "0/1",
        "m/0/",
        "m//0",
        "m/+1",
        "m/-1",
        "m/01",
        "m/1'",
        "m/x",
        "m/4294967296",
        "M/0",
        " m/0",
        "m/0 ",
        &too_deep,
    ] {
        assert_eq!(text.parse::<KeyPath>(), Err(PathError), "{text}");
    }
}
