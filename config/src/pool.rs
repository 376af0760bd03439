//! Which actors may be a pool, which may block, and which may be replaced while they do.

use synod_types::actor::ActorId;

use crate::actor::Class;
use crate::check::Check;
use crate::kinds::Kind;
use crate::shape::join;
use crate::written::ActorSection;

pub(crate) fn check(check: &mut Check<'_, '_>, id: &str, section: &ActorSection) {
    let key = join("actors", id);
    let (kind, life) = (section.kind, &section.life);
    if life.class == Class::Blocking && kind == Kind::Chain {
        let hint = "leave it out: its connections live on the threads that all share";
        check.found.refuse(&join(&key, "class"), "a chain does not block", hint);
    }
    if life.replace_after.is_some() && matches!(kind, Kind::Store | Kind::Signer) {
        let rule = format!("a {kind} is never replaced beside what is left of it");
        let hint = "leave it out: two of them would own one file or key";
        check.found.refuse(&join(&key, "replace_after"), rule, hint);
    }
    if life.workers < 2 {
        return;
    }
    let key = join(&key, "workers");
    if kind != Kind::Embedding {
        let rule = format!("a {kind} cannot be a pool");
        let hint = "leave it out: only an embedding knows nothing that its twin must know";
        check.found.refuse(&key, rule, hint);
        return;
    }
    for number in 1..=life.workers {
        let name = format!("{id}-{number}");
        let written = check.written;
        if written.actors.contains_key(&name) || written.supervisors.contains_key(&name) {
            let rule = format!("its worker {number} would be called {name}, as another is");
            check.found.refuse(&key, rule, "rename one of them");
        } else if ActorId::new(&name).is_err() {
            let rule = format!("its worker {number} would be called {name}, which is too long");
            check.found.refuse(&key, rule, "give the pool a shorter name");
        }
    }
}
