//! `synod reload`.

use super::client::Client;
use super::diff::paint;
use crate::cli::ReloadArgs;
use crate::exit::{Exit, OK};
use crate::out;

/// Has a daemon read its file again, or asks what that would do.
pub(super) fn reload(args: &ReloadArgs) -> Result<u8, Exit> {
    let query = if args.dry_run { "?dry_run=true" } else { "" };
    let told = Client::new(&args.read.daemon).post_patiently(&format!("/v1/reload{query}"))?;
    if args.read.json {
        out::json(&told)?;
        return Ok(OK);
    }
    out::line(paint(told["words"].as_str().unwrap_or_default()))?;
    let outcome = told["outcome"].as_str().unwrap_or("?");
    out::line(format_args!("{outcome}; the tree is {}", told["tree"].as_str().unwrap_or("?")))?;
    Ok(OK)
}
