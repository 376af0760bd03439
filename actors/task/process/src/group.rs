use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// The process group that a child leads. Dropped, it is killed, every process of it that is
/// still there.
///
/// A group that is gone is no error. Drop it together with its child, or right after its child
/// has ended: numbers of processes are given in turn, so this one is not another's yet.
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// Of a child that was started as the leader of a group of its own.
    pub(crate) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.0.map(|id| kill_process_group(id, Signal::KILL).ok());
    }
}
