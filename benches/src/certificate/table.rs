use std::time::Duration;

use synod_signature::{Aggregation, Arithmetic};

use super::ours::Ours;
use super::rivals::{Rival, each_paired_twice, each_verified};
use super::scenario::{Scenario, Secrets, Shape};
use crate::{Options, Threads, counted, cpu_time, line, median};

const fn shape(tasks: usize, signers: usize, bad: usize) -> Shape {
    Shape { tasks, signers, bad }
}

/// What is measured.
pub const SHAPES: [Shape; 19] = [
    shape(1, 10, 0),
    shape(1, 10, 1),
    shape(1, 10, 5),
    shape(1, 100, 0),
    shape(1, 100, 1),
    shape(1, 100, 5),
    shape(1, 100, 10),
    shape(1, 1_000, 0),
    shape(1, 1_000, 1),
    shape(1, 1_000, 5),
    shape(1, 1_000, 10),
    shape(8, 10, 0),
    shape(8, 100, 0),
    shape(8, 100, 1),
    shape(8, 1_000, 0),
    shape(64, 10, 0),
    shape(64, 100, 0),
    shape(64, 100, 1),
    shape(64, 1_000, 0),
];

/// Above so many signatures a rival, who takes a millisecond and more for each, does not run.
const RIVALS_MAX: usize = 8_000;
/// Above so many there is one round.
const ROUNDS_MAX: usize = 900;

const CHECKS: &str = "aggregation_checks_total";

/// Prints what certificates cost us, on our arithmetic and on ark's, and rivals in the same rounds:
/// those of this crate and the caller's.
pub fn certificates(
    options: &Options,
    secrets: &Secrets,
    mut more: impl FnMut(&Scenario) -> Vec<Rival<'_>>,
) {
    if let Some(only) = &options.only {
        return alone(only, options.count.unwrap_or(1), secrets);
    }
    line(&format!(
        "\n## Certificates through the mailbox: CPU µs of the process, medians of {} rounds, of one \
         above {ROUNDS_MAX} signatures\n",
        options.rounds
    ));
    for (n, &shape) in SHAPES.iter().enumerate() {
        let scenario = Scenario::new(secrets, shape);
        let mut rivals = vec![each_verified(&scenario), each_paired_twice(&scenario)];
        rivals.extend(more(&scenario));
        if n == 0 {
            let names: Vec<&str> = rivals.iter().map(|rival| rival.name.as_str()).collect();
            let names = names.join(" | ");
            let ratios = vec!["× synod"; rivals.len()].join(" | ");
            line(&format!(
                "| tasks × signers, bad | checks | synod | synod on ark | {names} | {ratios} |"
            ));
            line(&format!("|{}", "---|".repeat(4 + 2 * rivals.len())));
        }
        measure(options, &scenario, &mut rivals);
    }
}

/// One shape of ours again and again, for a profiler: `--only tasks,signers,bad`.
fn alone(only: &str, count: u64, secrets: &Secrets) {
    let is_meant =
        |shape: &Shape| only == format!("{},{},{}", shape.tasks, shape.signers, shape.bad);
    let Some(&shape) = SHAPES.iter().find(|shape| is_meant(shape)) else {
        return line(&format!("--only {only}: no shape; say tasks,signers,bad of a line"));
    };
    let scenario = Scenario::new(secrets, shape);
    let ours = Ours::begin::<Aggregation>(Threads::Two, &scenario, |args| args, Arithmetic::Synod);
    (0..count).for_each(|_| ours.certify(&scenario));
}

fn measure(options: &Options, scenario: &Scenario, rivals: &mut [Rival<'_>]) {
    let Shape { tasks, signers, bad } = scenario.shape;
    let begin =
        |arithmetic| Ours::begin::<Aggregation>(Threads::Two, scenario, |args| args, arithmetic);
    let (ours, on_ark) = (begin(Arithmetic::Synod), begin(Arithmetic::Ark));
    let (mut own, mut on_arks, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    let mut theirs = vec![Vec::new(); rivals.len()];
    let is_slow = ROUNDS_MAX < scenario.shape.signatures();
    for _ in 0..if is_slow { 1 } else { options.rounds } {
        let before = counted(CHECKS);
        own.push(spent(|| ours.certify(scenario)));
        checks.push((counted(CHECKS) - before) as f64);
        on_arks.push(spent(|| on_ark.certify(scenario)));
        if scenario.shape.signatures() <= RIVALS_MAX {
            for (rival, theirs) in rivals.iter_mut().zip(&mut theirs) {
                theirs.push(spent(&mut rival.certify));
            }
        }
    }
    let of = |times: &[f64]| {
        if times.is_empty() { "–".to_owned() } else { format!("{:.0}", median(times.to_vec())) }
    };
    let ratio = |times: &Vec<f64>| {
        let ratios: Vec<f64> = times.iter().zip(&own).map(|(their, own)| their / own).collect();
        if ratios.is_empty() { "–".to_owned() } else { format!("{:.1}", median(ratios)) }
    };
    let times: Vec<String> = theirs.iter().map(|times| of(times)).collect();
    let ratios: Vec<String> = theirs.iter().map(ratio).collect();
    line(&format!(
        "| {tasks} × {signers}, {bad} | {} | {} | {} | {} | {} |",
        of(&checks),
        of(&own),
        of(&on_arks),
        times.join(" | "),
        ratios.join(" | ")
    ));
}

/// CPU time of the process, in µs.
fn spent(work: impl FnOnce()) -> f64 {
    let before = cpu_time();
    work();
    (cpu_time() - before).as_secs_f64() * Duration::from_secs(1).as_micros() as f64
}
