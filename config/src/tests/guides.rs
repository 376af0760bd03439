//! Whole topologies in the guides can be run as they stand there.

use super::repository;
use crate::Config;

#[test]
fn topologies_in_the_guides_are_valid() {
    let mut count = 0;
    for guide in std::fs::read_dir(repository("docs/guides")).unwrap() {
        let path = guide.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        for block in blocks.filter(|block| block.contains("[supervisors.root]")) {
            let name = path.display().to_string();
            if let Err(errors) = Config::parse(&name, block) {
                panic!("{errors}\n{block}");
            }
            count += 1;
        }
    }
    assert!(1 <= count);
}
