//! The order of a scrape. The exporter keeps metrics in a hash map and renders them in another
//! order each time; sorted, two scrapes of an idle daemon are equal, and differences readable.

/// Sorts metrics by name and their samples by labels. A histogram's samples stay together, in
/// the order of its buckets.
pub fn ordered(scrape: &str) -> String {
    let mut families: Vec<String> =
        scrape.split("\n\n").filter(|family| !family.trim().is_empty()).map(family).collect();
    families.sort_unstable();
    families.join("\n")
}

fn family(text: &str) -> String {
    let (head, samples): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with('#'));
    let is_histogram = head.iter().any(|line| line.ends_with(" histogram"));
    // A histogram's last sample is its count.
    let is_last = |sample: &&str| !is_histogram || name(sample).ends_with("_count");
    let mut series: Vec<String> =
        samples.split_inclusive(is_last).map(|samples| samples.join("\n")).collect();
    series.sort_unstable();
    let mut lines = head.join("\n");
    for one in series {
        lines.push('\n');
        lines.push_str(&one);
    }
    lines.push('\n');
    lines
}

fn name(sample: &str) -> &str {
    sample.split(['{', ' ']).next().unwrap_or(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_has_one_order() {
        let one = "# TYPE b counter\nb{a=\"2\"} 1\nb{a=\"1\"} 0\n\n\
                   # TYPE a histogram\na_bucket{x=\"2\",le=\"1\"} 0\na_bucket{x=\"2\",le=\"+Inf\"} 0\n\
                   a_sum{x=\"2\"} 0\na_count{x=\"2\"} 0\na_bucket{x=\"1\",le=\"1\"} 0\n\
                   a_bucket{x=\"1\",le=\"+Inf\"} 0\na_sum{x=\"1\"} 0\na_count{x=\"1\"} 0\n\n";
        let sorted = "# TYPE a histogram\na_bucket{x=\"1\",le=\"1\"} 0\n\
                      a_bucket{x=\"1\",le=\"+Inf\"} 0\na_sum{x=\"1\"} 0\na_count{x=\"1\"} 0\n\
                      a_bucket{x=\"2\",le=\"1\"} 0\na_bucket{x=\"2\",le=\"+Inf\"} 0\n\
                      a_sum{x=\"2\"} 0\na_count{x=\"2\"} 0\n\n\
                      # TYPE b counter\nb{a=\"1\"} 0\nb{a=\"2\"} 1\n";
        assert_eq!(ordered(one), sorted);
        assert_eq!(ordered(&ordered(one)), sorted);
        assert_eq!(ordered(""), "");
    }
}
