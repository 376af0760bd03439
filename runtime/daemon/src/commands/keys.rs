//! `synod keys`: keystores, and what is in them.

mod ask;
mod list;
mod remotes;
mod show;

use std::path::Path;

use synod_signature::{KeySourceError, SecretKey};
use synod_signature_core::{bls12381, bn254};
use synod_signature_keyfile::{
    Keystore, Password, Sealing, Work, random_key, read_keystore, read_plain, read_seed,
    rotate_keystore, write_keystore, write_plain,
};
use synod_supervision::Failure;
use synod_types::signature::Scheme;

use crate::cli::{
    InfoArgs, Kdf, KeyExportArgs, KeyImportArgs, KeysAction, KeysArgs, NewArgs, RotateArgs,
};
use crate::exit::{CONFIG, Exit, IO, OK, USAGE};
use ask::Wanted;
use show::Told;

/// Carries out `synod keys`.
pub(super) fn keys(args: &KeysArgs) -> Result<u8, Exit> {
    match &args.action {
        KeysAction::New(new) => make(new)?.tell(args.json)?,
        KeysAction::Import(import) => bring(import)?.tell(args.json)?,
        KeysAction::List { place } if place.is_file() => remotes::list(place, args.json)?,
        KeysAction::List { place } => list::list(place, args.json)?,
        KeysAction::Info(info) => about(info)?.tell(args.json)?,
        KeysAction::Rotate(rotate) => change(rotate)?.tell(args.json)?,
        KeysAction::Export(export) => unprotect(export)?.tell(args.json)?,
    }
    Ok(OK)
}

fn make(args: &NewArgs) -> Result<Told, Exit> {
    refuse_present(&args.keystore)?;
    let key = match &args.seed_file {
        None => random_key(args.scheme).map_err(failed)?,
        Some(seed) => derived(args, seed)?,
    };
    let password = Wanted::first(&args.password).new_password()?;
    let sealing = Sealing::new(work(args.kdf), args.path.clone()).map_err(failed)?;
    let text = Keystore::seal(&key, &password, &sealing).map_err(broken)?;
    write_keystore(&args.keystore, &text).map_err(failed)?;
    Ok(Told::of("made", &args.keystore, &key.public()))
}

/// The key that a seed, and for BLS12-381 a path, lead to.
fn derived(args: &NewArgs, seed: &Path) -> Result<SecretKey, Exit> {
    let seed = read_seed(seed).map_err(failed)?;
    match (args.scheme, &args.path) {
        (Scheme::Bls12381, Some(path)) => {
            bls12381::SecretKey::derive(&seed, path).map(SecretKey::Bls12381).map_err(broken)
        }
        (Scheme::Bls12381, None) => {
            let hint = "a seed is a tree of keys: say which with --path, as in m/12381/60/0/0";
            Err(Exit::new(USAGE, hint))
        }
        (Scheme::Bn254, None) => {
            bn254::SecretKey::from_seed(&seed).map(SecretKey::Bn254).map_err(broken)
        }
        (Scheme::Bn254, Some(_)) => {
            Err(Exit::new(USAGE, "a seed is one key of bn254: leave --path out"))
        }
        (Scheme::Ecdsa, _) => {
            Err(Exit::new(USAGE, "no key of ecdsa is made of a seed here: leave --seed-file out"))
        }
    }
}

fn bring(args: &KeyImportArgs) -> Result<Told, Exit> {
    refuse_present(&args.keystore)?;
    let wanted = Wanted::second(&args.passwords.new);
    let (key, former) = match args.scheme {
        Some(scheme) => (read_plain(&args.from, scheme).map_err(failed)?, None),
        None => {
            let store = read_keystore(&args.from).map_err(|error| {
                let mut exit = failed(error);
                exit.message += "; of a plain key file, name the --scheme";
                exit
            })?;
            let password = Wanted::first(&args.passwords.former).password(&args.from)?;
            (opened(&store, &args.from, &password)?, Some(password))
        }
    };
    let password = match former {
        Some(former) if !wanted.is_given() => checked(former)?,
        // Of a plain file there is but one password, and the first will do.
        None if !wanted.is_given() => Wanted::first(&args.passwords.former).new_password()?,
        Some(_) | None => wanted.new_password()?,
    };
    let sealing = Sealing::new(work(args.passwords.kdf), None).map_err(failed)?;
    let text = Keystore::seal(&key, &password, &sealing).map_err(broken)?;
    write_keystore(&args.keystore, &text).map_err(failed)?;
    Ok(Told::of("imported", &args.keystore, &key.public()))
}

fn about(args: &InfoArgs) -> Result<Told, Exit> {
    let store = read_keystore(&args.keystore).map_err(failed)?;
    let told = Told::store("", &args.keystore, &store);
    if !args.open {
        return Ok(told);
    }
    let password = Wanted::first(&args.password).password(&args.keystore)?;
    let key = opened(&store, &args.keystore, &password)?;
    Ok(told.opened(&key.public()))
}

fn change(args: &RotateArgs) -> Result<Told, Exit> {
    let store = read_keystore(&args.keystore).map_err(failed)?;
    let former = Wanted::first(&args.passwords.former).password(&args.keystore)?;
    let held = opened(&store, &args.keystore, &former)?;
    let wanted = Wanted::second(&args.passwords.new);
    let password = if args.new_key && !wanted.is_given() {
        checked(former)?
    } else {
        wanted.new_password()?
    };
    let (key, path) = if args.new_key {
        (random_key(store.scheme()).map_err(failed)?, None)
    } else {
        // Where it came from, if that is a path.
        (held, store.path().and_then(|path| path.parse().ok()))
    };
    let sealing = Sealing::new(work(args.passwords.kdf), path).map_err(failed)?;
    let text = Keystore::seal(&key, &password, &sealing).map_err(broken)?;
    let kept = rotate_keystore(&args.keystore, &text, args.new_key).map_err(failed)?;
    Ok(Told::of("rotated", &args.keystore, &key.public()).kept(&kept))
}

fn unprotect(args: &KeyExportArgs) -> Result<Told, Exit> {
    refuse_present(&args.to)?;
    let store = read_keystore(&args.keystore).map_err(failed)?;
    if !args.yes_write_the_secret {
        ask::confirm_export(&args.to)?;
    }
    let password = Wanted::first(&args.password).password(&args.keystore)?;
    let key = opened(&store, &args.keystore, &password)?;
    write_plain(&args.to, &key).map_err(failed)?;
    Ok(Told::of("exported", &args.to, &key.public()))
}

fn opened(store: &Keystore, path: &Path, password: &Password) -> Result<SecretKey, Exit> {
    let refused = |error| Exit::new(CONFIG, format!("{}: {error}", path.display()));
    store.open(password).map_err(refused)
}

fn checked(password: Password) -> Result<Password, Exit> {
    password.check_new().map_err(|error| Exit::new(CONFIG, error.to_string()))?;
    Ok(password)
}

/// Before anybody has typed a password in vain. That nothing is overwritten is seen to when it is
/// written.
fn refuse_present(path: &Path) -> Result<(), Exit> {
    match path.symlink_metadata() {
        Ok(_) => Err(failed(KeySourceError::Exists { place: path.display().to_string() })),
        Err(_) => Ok(()),
    }
}

const fn work(kdf: Kdf) -> Work {
    match kdf {
        Kdf::Scrypt => Work::SCRYPT,
        Kdf::Pbkdf2 => Work::PBKDF2,
    }
}

/// Files that cannot be reached or must not be written end with `IO`, all else with `CONFIG`.
fn failed(error: KeySourceError) -> Exit {
    let code = match &error {
        KeySourceError::Unreachable { .. }
        | KeySourceError::Exists { .. }
        | KeySourceError::NoRandomness(_) => IO,
        _ => CONFIG,
    };
    Exit::new(code, Failure::from(error).chain())
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Exit {
    Exit::new(CONFIG, Failure::from(error).chain())
}
