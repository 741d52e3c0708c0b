//! The files whose names a file uses.

use crate::crate_tree::{CrateTree, ModulePath};
use crate::graph::Graph;
use crate::scope::{imports, resolve};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, Item, ItemMod, Macro, Stmt};

/// Each file of a crate, named by its module, with the files that it uses.
pub fn between_files(tree: &CrateTree) -> Graph {
    let mut uses = Graph::new();
    for (path, module) in &tree.modules {
        let from = uses.entry(module.file.clone()).or_default();
        let globs = globs_in(&module.items).into_iter();
        let globs = globs.flat_map(|glob| reached_by_glob(tree, path, &glob));
        let paths = paths_in(&module.items).into_iter();
        let targets = paths.filter_map(|used| resolve(tree, path, &used)).chain(globs);
        from.extend(targets.map(|target| tree.modules[&target].file.clone()));
        from.remove(&module.file);
    }
    uses
}

/// The paths of imports of all names, such as `super` in `use super::*`.
fn globs_in(items: &[Item]) -> Vec<Vec<String>> {
    let globs = imports(items).into_iter().filter(|import| import.name.is_none());
    globs.filter(|import| !import.is_export).map(|import| import.path).collect()
}

/// The modules that an import of all names from `path` can reach: that module, and the definitions
/// of its exports.
fn reached_by_glob(tree: &CrateTree, from: &ModulePath, path: &[String]) -> Vec<ModulePath> {
    let Some(module) = resolve(tree, from, path) else { return Vec::new() };
    let exports =
        imports(&tree.modules[&module].items).into_iter().filter(|import| import.is_export);
    let exports = exports.filter_map(|export| resolve(tree, &module, &export.path));
    exports.chain([module.clone()]).collect()
}

/// All paths in a module's own items: imports that are no exports, and what code names.
fn paths_in(items: &[Item]) -> Vec<Vec<String>> {
    let private = imports(items).into_iter().filter(|import| !import.is_export);
    let mut paths = Paths { found: private.map(|import| import.path).collect() };
    items.iter().for_each(|item| paths.visit_item(item));
    paths.found
}

struct Paths {
    found: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.found.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.add_paths_of(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        for statement in &block.stmts {
            if let Stmt::Item(item @ Item::Use(_)) = statement {
                let local = imports(std::slice::from_ref(item));
                self.found.extend(local.into_iter().map(|import| import.path));
            }
        }
        visit::visit_block(self, block);
    }

    /// A module of its own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}
}

impl Paths {
    /// Adds what looks like a path in the arguments, or the text, of a macro.
    fn add_paths_of(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if path.is_empty() || colons == 2 => {
                    path.push(name.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.add_paths_of(group.stream()),
                TokenTree::Ident(name) => {
                    self.add(&mut path);
                    path.push(name.to_string());
                    colons = 0;
                    continue;
                }
                _ => {}
            }
            self.add(&mut path);
            colons = 0;
        }
        self.add(&mut path);
    }

    fn add(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.found.push(path);
        }
    }
}
