//! Passwords, and what a person must say.

use std::fs::File;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use synod_signature_keyfile::{Password, PasswordPlace};
use zeroize::Zeroizing;

use crate::cli::{NewPasswordArgs, PasswordArgs};
use crate::exit::{CONFIG, Exit, IO, USAGE};

/// What must be typed before a secret is written without protection.
const CONSENT: &str = "write the secret";

/// Where a password is wanted from.
pub(super) struct Wanted {
    place: Option<PasswordPlace>,
    descriptor: Option<u32>,
}

impl Wanted {
    pub(super) fn first(args: &PasswordArgs) -> Self {
        Self::of(args.password_file.clone(), args.password_env.clone(), args.password_fd)
    }

    pub(super) fn second(args: &NewPasswordArgs) -> Self {
        let file = args.new_password_file.clone();
        Self::of(file, args.new_password_env.clone(), args.new_password_fd)
    }

    fn of(
        file: Option<std::path::PathBuf>,
        variable: Option<String>,
        descriptor: Option<u32>,
    ) -> Self {
        let place = file.map(PasswordPlace::File).or(variable.map(PasswordPlace::Variable));
        Self { place, descriptor }
    }

    /// Whether it is said where it comes from.
    pub(super) const fn is_given(&self) -> bool {
        self.place.is_some() || self.descriptor.is_some()
    }

    /// The password that opens `keystore`.
    pub(super) fn password(&self, keystore: &Path) -> Result<Password, Exit> {
        match self.given()? {
            Some(password) => Ok(password),
            None => typed(&format!("Password of {}: ", keystore.display())),
        }
    }

    /// One that may protect a new keystore; typed twice if typed.
    pub(super) fn new_password(&self) -> Result<Password, Exit> {
        let given = match self.given()? {
            Some(password) => password,
            None => {
                let password = typed("New password: ")?;
                if password != typed("The same again: ")? {
                    return Err(Exit::new(USAGE, "the two are not the same; nothing was done"));
                }
                password
            }
        };
        super::checked(given)
    }

    fn given(&self) -> Result<Option<Password>, Exit> {
        if let Some(place) = &self.place {
            return place.read().map(Some).map_err(super::failed);
        }
        let Some(descriptor) = self.descriptor else { return Ok(None) };
        let place = format!("file descriptor {descriptor}");
        let failed = |error: std::io::Error| Exit::new(IO, format!("{place}: {error}"));
        let file = File::open(format!("/dev/fd/{descriptor}")).map_err(failed)?;
        let read = Password::read(file).map_err(failed)?;
        let password = read.map_err(|error| Exit::new(CONFIG, format!("{place}: {error}")))?;
        Ok(Some(password))
    }
}

/// Asks on the terminal, which does not show what is typed.
fn typed(prompt: &str) -> Result<Password, Exit> {
    let nobody = |error: std::io::Error| {
        let hint = "name --password-file, --password-env or --password-fd";
        Exit::new(USAGE, format!("no terminal to ask for the password on: {error}; {hint}"))
    };
    let text = rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(nobody)?;
    Password::new(text).map_err(|error| Exit::new(CONFIG, error.to_string()))
}

/// Has a person agree that a secret is written into `path` as it is.
pub(super) fn confirm_export(path: &Path) -> Result<(), Exit> {
    let refused = |why: &str| {
        let hint = "nothing was written; --yes-write-the-secret agrees beforehand";
        Exit::new(USAGE, format!("{why}; {hint}"))
    };
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask on"));
    }
    let mut err = std::io::stderr().lock();
    writeln!(err, "Whoever can read {} can sign with the key.", path.display())?;
    write!(err, "Type `{CONSENT}` to go on: ")?;
    err.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim() == CONSENT { Ok(()) } else { Err(refused("that was something else")) }
}
