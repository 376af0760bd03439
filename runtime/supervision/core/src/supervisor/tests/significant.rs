use super::*;

const ANY: AutoShutdown = AutoShutdown::AnySignificant;
const LAST: AutoShutdown = AutoShutdown::AllSignificant;

#[track_caller]
fn check_up(auto_shutdown: AutoShutdown, names: &str, script: &[(&str, &str)]) {
    let policy = SupervisorPolicy { auto_shutdown, ..policy(Strategy::OneForOne, 2) };
    check(policy, names, &[&UP, script].concat());
}

#[test]
fn any_significant_end_is_the_supervisors() {
    let script = [
        ("10 exit b1 normal", "drain c1"),
        ("11 exit c1 drained", "drain a1"),
        ("12 exit a1 drained", "finished with b"),
    ];
    check_up(ANY, "a b?* c", &script);
    check_up(ANY, "a b!* c", &[("10 exit b1 error", "drain c1")]);
}

#[test]
fn the_last_significant_end_is_the_supervisors() {
    let script = [
        ("10 exit b1 normal", ""),
        ("11 exit a1 error", ""),
        ("111 alarm a 2", "start a2"),
        ("112 ready a2", ""),
        ("113 exit a2 normal", "drain c1"),
    ];
    check_up(LAST, "a?* b?* c", &script);
    let dismissed = [
        ("10 terminate b", "drain b1"),
        ("11 exit b1 drained", ""),
        ("12 exit a1 normal", "drain c1"),
    ];
    check_up(LAST, "a?* b?* c", &dismissed);
}

#[test]
fn who_is_not_significant_ends_alone() {
    for auto_shutdown in [ANY, LAST] {
        check_up(auto_shutdown, "a? b! c", &[("10 exit a1 normal", ""), ("11 exit b1 error", "")]);
    }
    check_up(AutoShutdown::Never, "a?* b!* c", &[("10 exit a1 normal", "")]);
    check_up(LAST, "a? b!* c", &[("10 exit a1 normal", "")]);
}

#[test]
fn an_end_that_was_asked_for_is_nobodys() {
    let script = [("10 terminate b", "drain b1"), ("11 exit b1 drained", "")];
    check_up(ANY, "a b?* c", &script);
    let policy = SupervisorPolicy { auto_shutdown: ANY, ..policy(Strategy::OneForAll, 2) };
    let bystander = [
        ("10 exit a1 error", "halt c1"),
        ("11 exit c1 normal", "halt b1"),
        ("12 exit b1 normal", ""),
        ("110 alarm a 2", "start a2"),
    ];
    check(policy, "a b!* c?*", &[&UP[..], &bystander].concat());
}

#[test]
fn it_is_told_who_took_the_supervisor_along() {
    let policy = SupervisorPolicy { auto_shutdown: ANY, ..policy(Strategy::OneForOne, 2) };
    let script = [
        ("0 start", "start a1, wake #1 at 1000"),
        ("1 ready a1", "(started a1), ready"),
        ("2 exit a1 normal", "(a1: normal), (a ended), (ends with a), finished with a"),
    ];
    check_all(policy, "a?*", &script);
}
