use std::cmp::Reverse;

use super::sight::{Node, Sight};

/// In which order rows stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// As they are supervised.
    #[default]
    Tree,
    /// By name.
    Name,
    /// Most mail waiting first.
    Mail,
    /// Most messages a second first.
    Rate,
    /// Slowest first.
    P99,
    /// Most restarts first.
    Restarts,
}

impl Order {
    const ALL: [Self; 6] =
        [Self::Tree, Self::Name, Self::Mail, Self::Rate, Self::P99, Self::Restarts];

    pub(super) fn next(self) -> Self {
        let index = Self::ALL.iter().position(|order| *order == self).unwrap_or_default();
        Self::ALL[(index + 1) % Self::ALL.len()]
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) node: &'a Node,
    pub(super) depth: usize,
    pub(super) rate: Option<f64>,
}

/// The rows to show. In any order but the tree's there are actors only.
pub(super) fn rows<'a>(sight: &'a Sight, order: Order, filter: &str) -> Vec<Row<'a>> {
    let mut all = Vec::new();
    collect(sight, &sight.tree, 0, &mut all);
    let wanted = filter.to_lowercase();
    all.retain(|row| row.node.id.contains(&wanted) || row.node.state.contains(&wanted));
    if order != Order::Tree {
        all.retain(|row| row.node.is_actor());
        all.iter_mut().for_each(|row| row.depth = 0);
    }
    match order {
        Order::Tree => (),
        Order::Name => all.sort_by(|a, b| a.node.id.cmp(&b.node.id)),
        Order::Mail => all.sort_by_key(|row| Reverse(row.node.mailbox_depth)),
        Order::Rate => {
            all.sort_by(|a, b| b.rate.unwrap_or_default().total_cmp(&a.rate.unwrap_or_default()))
        }
        Order::P99 => all.sort_by_key(|row| Reverse(row.node.handling_p99_ns)),
        Order::Restarts => all.sort_by_key(|row| Reverse(row.node.restarts)),
    }
    all
}

fn collect<'a>(sight: &'a Sight, node: &'a Node, depth: usize, all: &mut Vec<Row<'a>>) {
    let rate = sight.rates.get(&node.id).copied();
    all.push(Row { node, depth, rate });
    for child in &node.children {
        collect(sight, child, depth + 1, all);
    }
}
