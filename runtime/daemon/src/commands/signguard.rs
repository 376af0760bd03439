//! `synod signguard`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::json;
use synod_signature::GuardRecord;
use synod_signature_core::guard::interchange::{Name, export, parse};
use synod_types::signature::{Digest, Duty};

use super::files::load;
use crate::cli::{ExportArgs, GuardAction, ImportArgs, SignguardArgs};
use crate::exit::{DATA, DIFFERENT, Exit, IO, OK, USAGE};
use crate::out;
use crate::signguard::{Guard, Guards};

/// Bytes of an interchange file: some two million records.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// Looks at signing guards, exports or imports what they remember.
pub(super) fn signguard(args: &SignguardArgs) -> Result<u8, Exit> {
    let config = load(&args.file)?;
    let data_dir = args.data_dir.as_deref().unwrap_or(&config.runtime.data_dir);
    let may_begin = matches!(args.action, GuardAction::Import(_));
    let brought = match &args.action {
        GuardAction::Import(args) => Some(read(&args.path)?),
        GuardAction::Status { .. } | GuardAction::Export(_) => None,
    };
    let mut guards = Guards::open(&config, data_dir, may_begin)?;
    match &args.action {
        GuardAction::Status { json } => status(&guards, *json),
        GuardAction::Export(args) => write(&guards, args),
        GuardAction::Import(args) => import(&mut guards, args, &brought.unwrap_or_default()),
    }
}

fn status(guards: &Guards, is_json: bool) -> Result<u8, Exit> {
    let views: Vec<_> = guards
        .guards
        .iter()
        .map(|(signer, guard)| {
            json!({
                "signer": signer,
                "key": Name::of(&guard.held.key).to_string(),
                "records": guard.held.records.len(),
                "duties": duties(guard).0,
                "poisoned": duties(guard).1,
                "mark": guard.mark.map(|mark| mark.records),
                "signs": guard.is_whole(),
            })
        })
        .collect();
    if is_json {
        out::json(&json!(views))?;
    } else {
        for (signer, guard) in &guards.guards {
            let (duties, poisoned) = duties(guard);
            let key = Name::of(&guard.held.key);
            let (mark, verdict) = (mark(guard), verdict(guard));
            let poison =
                if poisoned == 0 { String::new() } else { format!(", {poisoned} poisoned") };
            out::line(format_args!("{signer}: {key}: {duties} duties{poison}, {mark}: {verdict}"))?;
        }
    }
    Ok(if guards.guards.values().all(Guard::is_whole) { OK } else { DIFFERENT })
}

/// How many duties are on record, and how many of them with two digests.
fn duties(guard: &Guard) -> (usize, usize) {
    let mut digests: BTreeMap<Duty, BTreeSet<Digest>> = BTreeMap::new();
    for GuardRecord::V1 { duty, digest, .. } in &guard.held.records {
        digests.entry(*duty).or_default().insert(*digest);
    }
    (digests.len(), digests.values().filter(|digests| 1 < digests.len()).count())
}

fn mark(guard: &Guard) -> String {
    match guard.mark {
        Some(mark) => format!("mark at {} of {} records", mark.records, guard.held.records.len()),
        None => "no mark can be kept".to_owned(),
    }
}

fn verdict(guard: &Guard) -> &'static str {
    if guard.is_whole() {
        "signs"
    } else {
        "does not sign: records that the key has signed by are missing; bring the newest data \
         directory, or import an export made from it"
    }
}

fn write(guards: &Guards, args: &ExportArgs) -> Result<u8, Exit> {
    let unknown = args
        .signers
        .iter()
        .find(|name| !guards.guards.keys().any(|signer| signer.as_str() == name.as_str()));
    if let Some(name) = unknown {
        return Err(Exit::new(USAGE, format!("no signer `{name}` with a key here")));
    }
    let wanted = guards.guards.iter().filter(|(signer, _)| {
        args.signers.is_empty() || args.signers.iter().any(|name| name == signer.as_str())
    });
    let mut keys = Vec::new();
    for (signer, guard) in wanted {
        if !guard.is_whole() {
            let text = format!("{signer}: {}; {}", mark(guard), verdict(guard));
            return Err(Exit::new(DATA, text));
        }
        keys.push(guard.held.clone());
    }
    let text = export(&keys);
    let Some(path) = &args.out else {
        out::line(text.trim_end())?;
        return Ok(OK);
    };
    let failed = |error| Exit::new(IO, format!("{}: {error}", path.display()));
    let options = &mut OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let records: usize = keys.iter().map(|key| key.records.len()).sum();
    let (keys, path) = (keys.len(), path.display());
    out::line(format_args!("wrote {records} records of {keys} keys to {path}"))?;
    Ok(OK)
}

fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    let failed = |error| Exit::new(IO, format!("{}: {error}", path.display()));
    let mut text = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut text).map_err(failed)?;
    if FILE_BYTES_MAX < text.len() as u64 {
        let text = format!("{}: more than {FILE_BYTES_MAX} bytes", path.display());
        return Err(Exit::new(DATA, text));
    }
    Ok(text)
}

fn import(guards: &mut Guards, args: &ImportArgs, text: &[u8]) -> Result<u8, Exit> {
    let refused = |why: String| {
        Exit::new(DATA, format!("{}: {why}; nothing was changed", args.path.display()))
    };
    let keys = parse(text).map_err(|error| refused(error.to_string()))?;
    let additions = guards.additions(&keys).map_err(|exit| refused(exit.message))?;
    for addition in additions {
        let (signer, brought) = (addition.signer.clone(), addition.brought);
        let count = addition.records.len();
        let verb = if args.dry_run { "would be added" } else { "added" };
        if !args.dry_run {
            guards.add(addition)?;
        }
        out::line(format_args!("{signer}: {count} of {brought} records {verb}"))?;
    }
    Ok(OK)
}
