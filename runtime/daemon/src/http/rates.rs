//! How many messages each actor handles in a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::{Role, Runtime, TreeView};
use synod_types::actor::ActorId;
use synod_types::time::Moment;

use crate::exit::Exit;

/// Between two beats.
const BEAT: Duration = Duration::from_secs(1);

/// Messages a second, by actor.
pub(super) type ByActor = BTreeMap<ActorId, f64>;

/// Counts what was handled between two beats, one a second, for all who look: so a page that is
/// loaded once knows it too. What the page itself asks of actors is left out.
#[derive(Debug, Default)]
pub struct Rates(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    at: Option<Moment>,
    handled: BTreeMap<ActorId, u64>,
    /// Questions of our own since the last beat.
    asked: BTreeMap<ActorId, u64>,
    rates: Arc<ByActor>,
}

impl Rates {
    /// Beats as long as it is polled.
    pub async fn keep(self: Arc<Self>, runtime: Runtime, root: ActorId) -> Result<(), Exit> {
        let mut every = tokio::time::interval(BEAT);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            self.beat(runtime.clock().now(), &runtime.tree(&root));
        }
    }

    /// What is handled in a second, as of the last beat. Empty before the second.
    pub(super) fn now(&self) -> Arc<ByActor> {
        Arc::clone(&self.0.lock().rates)
    }

    /// Notes a question of our own: that it is handled says nothing of the actors' own work.
    pub(super) fn asked(&self, actor: &ActorId) {
        *self.0.lock().asked.entry(actor.clone()).or_default() += 1;
    }

    fn beat(&self, now: Moment, tree: &TreeView) {
        let nodes = tree.flatten();
        let actors = nodes.iter().filter(|node| node.role == Role::Actor);
        let handled: BTreeMap<_, _> = actors.map(|node| (node.id.clone(), node.handled)).collect();
        let mut state = self.0.lock();
        let asked = std::mem::take(&mut state.asked);
        if let Some(before) = state.at {
            let seconds = now.since(before).as_secs_f64().max(f64::MIN_POSITIVE);
            let rate = |(id, count): (&ActorId, &u64)| {
                let own = asked.get(id).copied().unwrap_or_default();
                // An actor that is new here has handled all it has handled since it came.
                let old = state.handled.get(id).copied().unwrap_or_default();
                let new = count.saturating_sub(old).saturating_sub(own);
                (id.clone(), (new as f64 / seconds * 10.0).round() / 10.0)
            };
            state.rates = Arc::new(handled.iter().map(rate).collect());
        }
        (state.at, state.handled) = (Some(now), handled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::console::tests::{node, tree_of};

    fn tree(handled: &[(&str, u64)]) -> TreeView {
        let nodes = handled.iter().map(|(id, handled)| {
            let mut node = node(id);
            node.handled = *handled;
            node
        });
        tree_of(nodes.collect())
    }

    fn at(millis: u64) -> Moment {
        Moment::from_unix_millis(1_700_000_000_000 + millis)
    }

    fn told(counted: &Rates) -> Vec<(String, f64)> {
        let rates = counted.now();
        rates.iter().map(|(id, rate)| (id.to_string(), *rate)).collect()
    }

    #[test]
    fn a_rate_is_what_came_between_two_beats() {
        let counted = Rates::default();
        counted.beat(at(0), &tree(&[("a", 1_000), ("b", 7)]));
        assert_eq!(told(&counted), []);
        counted.beat(at(2_000), &tree(&[("a", 1_300), ("b", 7), ("c", 5)]));
        let expected = [("a", 150.0), ("b", 0.0), ("c", 2.5)];
        assert_eq!(told(&counted), expected.map(|(id, rate)| (id.to_owned(), rate)));
    }

    #[test]
    fn own_questions_are_no_work() {
        let counted = Rates::default();
        let store = ActorId::new("store").unwrap();
        counted.beat(at(0), &tree(&[("store", 10)]));
        counted.asked(&store);
        counted.asked(&store);
        counted.beat(at(1_000), &tree(&[("store", 13)]));
        assert_eq!(told(&counted), [("store".to_owned(), 1.0)]);
        counted.beat(at(2_000), &tree(&[("store", 13)]));
        assert_eq!(told(&counted), [("store".to_owned(), 0.0)]);
        counted.asked(&store);
        counted.beat(at(3_000), &tree(&[("store", 13)]));
        assert_eq!(told(&counted), [("store".to_owned(), 0.0)], "a question not answered yet");
    }

    #[test]
    fn an_actor_that_has_gone_has_no_rate() {
        let counted = Rates::default();
        counted.beat(at(0), &tree(&[("a", 1), ("b", 1)]));
        counted.beat(at(1_000), &tree(&[("a", 1)]));
        assert_eq!(told(&counted), [("a".to_owned(), 0.0)]);
    }
}
