use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use synod_types::signature::Scheme;

/// `synod keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: KeysAction,
    /// Print JSON
    #[arg(long, env = "SYNOD_JSON", global = true)]
    pub json: bool,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Make a key and keep it in a new keystore
    New(NewArgs),
    /// Put the key of another keystore, or of a plain key file, into a new keystore
    Import(KeyImportArgs),
    /// List the keystores and key files of a directory, and open none; of a topology file, the
    /// remote signers, and whether they have their keys
    List {
        /// The directory, or the topology file
        #[arg(default_value = ".")]
        place: PathBuf,
    },
    /// Say what a keystore says of itself; with --open, whether it opens and holds that key
    Info(InfoArgs),
    /// Give a keystore another password, another key, or both; the former file is kept beside it
    Rotate(RotateArgs),
    /// Write the secret itself, unprotected, into a new plain key file; asks first
    Export(KeyExportArgs),
}

/// Where a password comes from; without any of these it is asked for. Never an argument: others
/// can see those.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// File of mode 600 that holds the password
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Name of the environment variable that holds the password
    #[arg(long, value_name = "NAME")]
    pub password_env: Option<String>,
    /// Number of the open file descriptor from which the password is read
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
}

/// Where a second password comes from; as the first.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct NewPasswordArgs {
    /// File of mode 600 that holds the new password
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
    /// Name of the environment variable that holds the new password
    #[arg(long, value_name = "NAME")]
    pub new_password_env: Option<String>,
    /// Number of the open file descriptor from which the new password is read
    #[arg(long, value_name = "N")]
    pub new_password_fd: Option<u32>,
}

/// How a password becomes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kdf {
    /// 256 MiB of memory and about a second for every guess
    Scrypt,
    /// No memory: for machines that have little
    Pbkdf2,
}

/// What protects a keystore that is made of another.
#[derive(Debug, Args)]
pub struct PasswordsArgs {
    /// How the password of the keystore that is written becomes a key
    #[arg(long, default_value = "scrypt")]
    pub kdf: Kdf,
    /// Of the keystore that is read.
    #[command(flatten)]
    pub former: PasswordArgs,
    /// Of the keystore that is written.
    #[command(flatten)]
    pub new: NewPasswordArgs,
}

/// `synod keys new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The keystore to write; must not exist
    pub keystore: PathBuf,
    /// The signature scheme: bn254, bls12-381 or ecdsa
    #[arg(long, value_parser = scheme)]
    pub scheme: Scheme,
    /// Make the key of a seed: a file of mode 600 with 0x and 32 to 64 bytes in hexadecimal digits
    #[arg(long, value_name = "FILE")]
    pub seed_file: Option<PathBuf>,
    /// Where in the tree of the seed the key stands, as in m/12381/60/0/0; of bls12-381
    #[arg(long, value_name = "PATH", requires = "seed_file")]
    pub path: Option<synod_signature_core::KeyPath>,
    /// How the password becomes a key
    #[arg(long, default_value = "scrypt")]
    pub kdf: Kdf,
    /// Its password.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// `synod keys import`.
#[derive(Debug, Args)]
pub struct KeyImportArgs {
    /// The keystore to write; must not exist
    pub keystore: PathBuf,
    /// The keystore or plain key file to read; it is left as it is
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Of a plain key file, which does not say it: bn254, bls12-381 or ecdsa
    #[arg(long, value_parser = scheme)]
    pub scheme: Option<Scheme>,
    /// From one password to the next.
    #[command(flatten)]
    pub passwords: PasswordsArgs,
}

/// `synod keys info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// The keystore
    pub keystore: PathBuf,
    /// Open it
    #[arg(long)]
    pub open: bool,
    /// Its password.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// `synod keys rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// The keystore
    pub keystore: PathBuf,
    /// Put a new key of the same scheme into it. Whoever counts on the former one must be told
    #[arg(long)]
    pub new_key: bool,
    /// From one password to the next.
    #[command(flatten)]
    pub passwords: PasswordsArgs,
}

/// `synod keys export`.
#[derive(Debug, Args)]
pub struct KeyExportArgs {
    /// The keystore
    pub keystore: PathBuf,
    /// The plain key file to write, of mode 600; must not exist
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Do not ask: write the secret without protection
    #[arg(long)]
    pub yes_write_the_secret: bool,
    /// Its password.
    #[command(flatten)]
    pub password: PasswordArgs,
}

fn scheme(text: &str) -> Result<Scheme, String> {
    let schemes = [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa];
    let named = schemes.into_iter().find(|scheme| scheme.name() == text);
    named.ok_or_else(|| "bn254, bls12-381 or ecdsa".to_owned())
}
