//! `synod graph`.

use super::files::load;
use crate::cli::{GraphArgs, GraphFormat};
use crate::exit::{Exit, OK};
use crate::{graph, out};

/// Draws a topology.
pub(super) fn graph(args: &GraphArgs) -> Result<u8, Exit> {
    let config = load(&args.file)?;
    let graph = graph::Graph::of(&config);
    out::line(match args.format {
        GraphFormat::Dot => graph.dot(),
        GraphFormat::Mermaid => graph.mermaid(),
        GraphFormat::Json => graph.json(),
    })?;
    Ok(OK)
}
