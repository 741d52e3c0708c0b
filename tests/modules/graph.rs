//! Circles in who uses whom.

use crate::crate_tree::ModulePath;
use std::collections::{BTreeMap, BTreeSet};

/// Files or modules, each with those that it uses.
pub type Graph = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

/// For each module that has modules of its own: how these use each other, all that is in one taken
/// together. The file that declares them is left out.
pub fn between_siblings(files: &Graph) -> Vec<Graph> {
    let parents: BTreeSet<&[String]> =
        files.keys().flat_map(|path| (0..path.len()).map(|len| &path[..len])).collect();
    parents.into_iter().map(|parent| below(files, parent)).collect()
}

/// The last part of the name of a module with all that is in it.
const ALL: &str = "*";

fn below(files: &Graph, parent: &[String]) -> Graph {
    let child = |path: &ModulePath| {
        let own = path.get(..=parent.len()).filter(|own| own.starts_with(parent))?;
        let has_more = files.keys().any(|path| path.len() > own.len() && path.starts_with(own));
        // As distinct from the file that declares the others.
        let all = has_more.then(|| ALL.to_owned());
        Some(own.iter().cloned().chain(all).collect::<ModulePath>())
    };
    let mut modules = Graph::new();
    for (from, to) in files {
        let Some(from) = child(from) else { continue };
        let to = to.iter().filter_map(child).filter(|to| *to != from);
        modules.entry(from.clone()).or_default().extend(to.collect::<Vec<_>>());
    }
    modules
}

/// All sets of at least two that use each other, each in the order of names.
pub fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let reached: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> =
        graph.keys().map(|from| (from, reached_from(graph, from))).collect();
    let mut found = BTreeSet::new();
    for (from, to) in &reached {
        let back = |other: &&&ModulePath| reached.get(**other).is_some_and(|to| to.contains(from));
        let circle: Vec<String> = to.iter().filter(back).map(|path| name(path)).collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reached_from<'a>(graph: &'a Graph, from: &ModulePath) -> BTreeSet<&'a ModulePath> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&ModulePath> = graph[from].iter().collect();
    while let Some(next) = ahead.pop() {
        if reached.insert(next) {
            ahead.extend(graph.get(next).into_iter().flatten());
        }
    }
    reached
}

/// A circle, and the uses of files in it that make it one.
pub fn described(files: &Graph, circle: &[String]) -> String {
    let on_it = |path: &ModulePath| {
        circle.iter().find(|part| match part.strip_suffix(ALL) {
            Some(module) => format!("{}::", name(path)).starts_with(module),
            None => name(path) == **part,
        })
    };
    let mut text = format!("circle of {}:", circle.join(", "));
    for (from, to) in files {
        for to in to {
            if let (Some(a), Some(b)) = (on_it(from), on_it(to))
                && a != b
            {
                text += &format!("\n    {} uses {}", name(from), name(to));
            }
        }
    }
    text
}

fn name(path: &[String]) -> String {
    if path.is_empty() { "lib.rs".to_owned() } else { path.join("::") }
}
