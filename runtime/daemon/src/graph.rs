//! The topology as a picture: actors in their supervisors, edges with the type they carry.

use std::collections::BTreeMap;

use serde_json::json;
use synod_config::{Child, Config, Edge, Kind, Manner, Topology};
use synod_types::actor::ActorId;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Graph<'a> {
    topology: &'a Topology,
}

impl<'a> Graph<'a> {
    /// The graph of a configuration.
    pub const fn of(config: &'a Config) -> Self {
        Self { topology: &config.topology }
    }

    /// As a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        let names = self.names();
        let mut text = "flowchart LR\n".to_owned();
        self.mermaid_supervisor(&mut text, &names, &self.topology.root, 1);
        for edge in &self.topology.edges {
            let arrow = if edge.manner == Manner::Ask { "-->" } else { "-.->" };
            let (from, to) = (&names[&edge.from], &names[&edge.to]);
            write_line(&mut text, 1, &format!("{from} {arrow}|{}| {to}", label(edge)));
        }
        text.trim_end().to_owned()
    }

    fn mermaid_supervisor(
        &self,
        text: &mut String,
        names: &BTreeMap<&ActorId, String>,
        id: &ActorId,
        depth: usize,
    ) {
        let Some(supervisor) = self.topology.supervisors.get(id) else { return };
        let title = format!("subgraph {}[\"{id} · {}\"]", names[id], supervisor.strategy.name());
        write_line(text, depth, &title);
        for child in &supervisor.children {
            match child {
                Child::Supervisor(below) => self.mermaid_supervisor(text, names, below, depth + 1),
                Child::Actor(actor) => {
                    let node = format!("{}[\"{actor}<br/>{}\"]", names[actor], self.kind(actor));
                    write_line(text, depth + 1, &node);
                }
            }
        }
        write_line(text, depth, "end");
    }

    /// For Graphviz.
    pub fn dot(&self) -> String {
        let mut text = "digraph synod {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
        self.dot_supervisor(&mut text, &self.topology.root, 1);
        for edge in &self.topology.edges {
            let style = if edge.manner == Manner::Ask { "solid" } else { "dashed" };
            let line = format!(
                "\"{}\" -> \"{}\" [label=\"{}\", style={style}];",
                edge.from,
                edge.to,
                label(edge)
            );
            write_line(&mut text, 1, &line);
        }
        text.push('}');
        text
    }

    fn dot_supervisor(&self, text: &mut String, id: &ActorId, depth: usize) {
        let Some(supervisor) = self.topology.supervisors.get(id) else { return };
        write_line(text, depth, &format!("subgraph \"cluster_{id}\" {{"));
        let strategy = supervisor.strategy.name();
        write_line(text, depth + 1, &format!("label=\"{id} · {strategy}\";"));
        for child in &supervisor.children {
            match child {
                Child::Supervisor(below) => self.dot_supervisor(text, below, depth + 1),
                Child::Actor(actor) => {
                    let node = format!("\"{actor}\" [label=\"{actor}\\n{}\"];", self.kind(actor));
                    write_line(text, depth + 1, &node);
                }
            }
        }
        write_line(text, depth, "}");
    }

    /// As nodes and edges.
    pub fn json(&self) -> String {
        let supervisors = self.topology.supervisors.iter().map(|(id, supervisor)| {
            let children: Vec<&ActorId> = supervisor.children.iter().map(Child::id).collect();
            json!({ "id": id, "strategy": supervisor.strategy.name(), "children": children })
        });
        let supervisors: Vec<_> = supervisors.collect();
        let actors = self.topology.actors.iter().map(|(id, actor)| {
            json!({ "id": id, "kind": actor.kind().name(), "supervisor": actor.supervisor })
        });
        let actors: Vec<_> = actors.collect();
        let edges = self.topology.edges.iter().map(|edge| {
            json!({
                "from": edge.from,
                "output": edge.output,
                "to": edge.to,
                "carries": edge.sentence.name(),
                "asks": edge.manner == Manner::Ask,
            })
        });
        let edges: Vec<_> = edges.collect();
        format!("{:#}", json!({ "supervisors": supervisors, "actors": actors, "edges": edges }))
    }

    fn kind(&self, actor: &ActorId) -> Kind {
        self.topology.actors[actor].kind()
    }

    /// Names that Mermaid takes: actor ids may hold characters that it gives a meaning.
    fn names(&self) -> BTreeMap<&'a ActorId, String> {
        let ids = self.topology.supervisors.keys().chain(self.topology.actors.keys());
        ids.enumerate().map(|(number, id)| (id, format!("n{number}"))).collect()
    }
}

fn label(edge: &Edge) -> String {
    format!("{}: {}", edge.output, edge.sentence.name())
}

fn write_line(text: &mut String, depth: usize, line: &str) {
    text.push_str(&"  ".repeat(depth));
    text.push_str(line);
    text.push('\n');
}
