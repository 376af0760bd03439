//! Pieces of the chain that are read before they are wanted.
//!
//! What is read ahead is what a look would have shown a little earlier: it is judged and checked
//! like any look when it is wanted, and thrown away if something else is. So reading ahead changes
//! how fast a chain is read, and nothing else.

use std::collections::VecDeque;

use synod_chain_core::{Choice, Plan};
use synod_protocol::chain::ChainMsg;
use synod_supervision::{Context, Failure};
use synod_types::chain::{Looked, Strand};

use crate::actor::Chain;
use crate::look::Question;

/// The pieces of one strand, one after another.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    pieces: VecDeque<Piece>,
    /// How many were asked for and have not come, wanted or not.
    asked: usize,
    last_id: u64,
}

#[derive(Debug)]
struct Piece {
    id: u64,
    from: u64,
    blocks: u32,
    /// The look that waits for it.
    ticket: Option<u64>,
    looked: Option<Box<Looked>>,
}

/// Whether what is wanted was read ahead.
enum Found {
    Here(Box<Looked>),
    Asked,
    No,
}

impl Ahead {
    fn take(&mut self, ticket: u64, (from, blocks): (u64, u32)) -> Found {
        let fits = |piece: &&mut Piece| piece.from == from && piece.blocks <= blocks;
        let Some(piece) = self.pieces.front_mut().filter(fits) else {
            self.pieces.clear();
            return Found::No;
        };
        let Some(looked) = piece.looked.take() else {
            piece.ticket = Some(ticket);
            return Found::Asked;
        };
        self.pieces.pop_front();
        Found::Here(looked)
    }

    /// The first block that is not asked for, if those before `end` are.
    fn end(&self, end: u64) -> u64 {
        let last = self.pieces.back();
        last.map_or(end, |piece| piece.from.saturating_add(u64::from(piece.blocks)))
    }

    fn ask(&mut self, from: u64, blocks: u32) -> u64 {
        self.last_id += 1;
        self.asked += 1;
        let id = self.last_id;
        self.pieces.push_back(Piece { id, from, blocks, ticket: None, looked: None });
        id
    }

    /// The look that waited for it, if one did.
    fn came(&mut self, id: u64, looked: Looked) -> Option<(u64, Looked)> {
        self.asked = self.asked.saturating_sub(1);
        let index = self.pieces.iter().position(|piece| piece.id == id)?;
        let piece = &mut self.pieces[index];
        let Some(ticket) = piece.ticket else {
            piece.looked = Some(Box::new(looked));
            return None;
        };
        self.pieces.remove(index);
        Some((ticket, looked))
    }
}

impl Chain {
    /// Whether the look is answered, or will be, by what was read ahead.
    pub(crate) fn is_ahead(
        &mut self,
        ctx: &Context<ChainMsg>,
        (strand, ticket): (Strand, u64),
        plan: Plan,
    ) -> Result<bool, Failure> {
        let Some(ahead) = self.ahead.get_mut(&strand) else { return Ok(false) };
        let Plan::Extend { from, blocks, .. } = plan else {
            ahead.pieces.clear();
            return Ok(false);
        };
        match ahead.take(ticket, (from, blocks)) {
            Found::No => Ok(false),
            Found::Asked => Ok(true),
            Found::Here(looked) => {
                let here = std::future::ready(looked);
                ctx.pipe(here, move |looked| ChainMsg::Judged(strand, ticket, looked))?;
                Ok(true)
            }
        }
    }

    /// Asks for what will be wanted next, whole pieces below the head only.
    pub(crate) fn read_ahead(
        &mut self,
        ctx: &Context<ChainMsg>,
        strand: Strand,
        plan: Plan,
    ) -> Result<(), Failure> {
        let Plan::Extend { from, blocks, confirmations, .. } = plan else { return Ok(()) };
        let Some(follower) = self.strands.strand(strand) else { return Ok(()) };
        let (status, until) = (follower.status(), follower.until().unwrap_or(u64::MAX));
        let Some(head) = status.head else { return Ok(()) };
        let end = head.saturating_sub(confirmations).min(until);
        loop {
            let ahead = self.ahead.entry(strand).or_default();
            let next = ahead.end(from.saturating_add(u64::from(blocks)));
            let is_enough = self.prefetch_max <= ahead.pieces.len().max(ahead.asked);
            if is_enough || end < next.saturating_add(u64::from(blocks)) {
                return Ok(());
            }
            let tip = status.committed.map(|tip| tip.number);
            let Choice::Now(turn) = self.endpoints.choose(ctx.now(), tip) else { return Ok(()) };
            if turn.identify || turn.calls_max != u32::MAX {
                return Ok(());
            }
            let id = ahead.ask(next, blocks);
            let plan = Plan::Extend { tip: None, from: next, blocks, confirmations };
            let (voters, expected) = (self.endpoints.voters(turn.endpoint), self.expected());
            let question = Question { plan, turn, voters, expected, ahead_of: Some(head) };
            let look = self.eye.clone().look(question);
            ctx.pipe(look, move |looked| ChainMsg::Fetched(strand, id, Box::new(looked)))?;
            self.metrics.read_ahead();
        }
    }

    /// A piece has come; says what a look waited for.
    pub(crate) fn fetched(
        &mut self,
        ctx: &Context<ChainMsg>,
        (strand, id): (Strand, u64),
        looked: Looked,
    ) -> Option<(u64, Looked)> {
        let looked = self.judge(ctx, looked);
        self.ahead.get_mut(&strand)?.came(id, looked)
    }
}
