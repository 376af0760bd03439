//! What is said to commands about signing guards.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::FileArgs;

/// `synod signguard`.
#[derive(Debug, Args)]
pub struct SignguardArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: GuardAction,
    /// Which topology.
    #[command(flatten)]
    pub file: FileArgs,
    /// Where the journal and keys are kept, instead of `runtime.data_dir`
    #[arg(long, env = "SYNOD_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// What to do with signing guards.
#[derive(Debug, Subcommand)]
pub enum GuardAction {
    /// Say what each guard remembers and whether its signer would sign; exit 1 if one would not
    Status {
        /// Print JSON
        #[arg(long, env = "SYNOD_JSON")]
        json: bool,
    },
    /// Write what guards remember to a file that other guards can take
    Export(ExportArgs),
    /// Take what a file says into the guards: it only adds, and is refused whole if anything in it
    /// conflicts with what is there, or does not bring what a guard is missing
    Import(ImportArgs),
}

/// `synod signguard export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file to write; must not exist. Without it, standard output
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Only this signer; may be said several times
    #[arg(long = "signer", value_name = "SIGNER")]
    pub signers: Vec<String>,
}

/// `synod signguard import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file to read
    pub path: PathBuf,
    /// Only say what would be added
    #[arg(long, env = "SYNOD_DRY_RUN")]
    pub dry_run: bool,
}
