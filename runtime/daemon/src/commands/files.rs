//! Commands about topology files: `validate`, `init`, `schema`; and how a file is chosen.

use std::io::Write;
use std::path::PathBuf;

use synod_config::{Config, ConfigErrors, DEFAULT, Profile};

use crate::cli::{FileArgs, InitArgs, ValidateArgs};
use crate::exit::{CONFIG, Exit, IO, OK, USAGE};
use crate::out;
use crate::topology::inspect_keys;

/// The file that is taken when none is named.
const DEFAULT_FILE: &str = "synod.toml";

/// The file the topology is read from; none for one that is built in.
pub(super) fn chosen(args: &FileArgs) -> Option<PathBuf> {
    match (&args.config, args.profile) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(_)) => None,
        (None, None) => Some(DEFAULT_FILE.into()),
    }
}

/// Reads the chosen topology.
pub(super) fn load(args: &FileArgs) -> Result<Config, Exit> {
    let read = match (&args.config, args.profile) {
        (Some(path), _) => Config::load(path),
        (None, Some(profile)) => Config::profile(profile),
        (None, None) => Config::load(DEFAULT_FILE.as_ref()),
    };
    read.map_err(refused)
}

/// A configuration that is none.
pub(super) fn refused(errors: ConfigErrors) -> Exit {
    Exit::new(CONFIG, format!("the configuration cannot be used\n{errors}"))
}

/// Checks a topology.
pub(super) fn validate(args: &ValidateArgs) -> Result<u8, Exit> {
    let config = match &args.path {
        Some(_) if args.file.config.is_some() || args.file.profile.is_some() => {
            return Err(Exit::new(USAGE, "name one file or profile, not two"));
        }
        Some(path) => Config::load(path).map_err(refused)?,
        None => load(&args.file)?,
    };
    if args.show {
        out::line(config.effective())?;
        return Ok(OK);
    }
    if !args.without_keys {
        let problems = inspect_keys(&config);
        if !problems.is_empty() {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let hint = "`synod keys new` makes a keystore; --without-keys does not look at keys";
            let problems = problems.join("\n");
            return Err(Exit::new(CONFIG, format!("keys cannot be used; {hint}\n{problems}")));
        }
    }
    let topology = &config.topology;
    out::line(format_args!(
        "valid: {} actors under {} supervisors, {} edges, {} operator sets",
        topology.actors.len(),
        topology.supervisors.len(),
        topology.edges.len(),
        config.sets.len(),
    ))?;
    Ok(OK)
}

/// Writes a topology file; never over another.
pub(super) fn init(args: &InitArgs) -> Result<u8, Exit> {
    let text = args.profile.map_or(DEFAULT, Profile::text);
    let path = args.path.display();
    let failed = |error: std::io::Error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "; name another file or move this one away",
            std::io::ErrorKind::NotFound => "; make its directory first",
            _ => "",
        };
        Exit::new(IO, format!("{path}: {error}{hint}"))
    };
    let mut file = std::fs::File::create_new(&args.path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    out::line(format_args!("wrote {path}; check it with `synod validate {path}`"))?;
    Ok(OK)
}

/// Prints the JSON Schema of topology files.
pub(super) fn schema() -> Result<u8, Exit> {
    out::json(synod_config::schema())?;
    Ok(OK)
}
