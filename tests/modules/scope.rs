//! The modules that names lead to, re-exports followed.

use crate::crate_tree::{CrateTree, ModulePath};
use syn::{Item, UseTree, Visibility};

/// A declaration's leaf, `use a::b as c` for instance.
pub struct Import {
    /// `a` and `b`.
    pub path: Vec<String>,
    /// `c`, or none of `use a::*`.
    pub name: Option<String>,
    /// True if others can reach the name through this module.
    pub is_export: bool,
}

/// All leaves of a module's `use` declarations.
pub fn imports(items: &[Item]) -> Vec<Import> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Use(item) = item {
            let is_export = !matches!(item.vis, Visibility::Inherited);
            add_leaves(&item.tree, Vec::new(), is_export, &mut found);
        }
    }
    found
}

fn add_leaves(tree: &UseTree, path: Vec<String>, is_export: bool, found: &mut Vec<Import>) {
    let and = |name: &syn::Ident| [path.clone(), vec![name.to_string()]].concat();
    match tree {
        UseTree::Path(tree) => add_leaves(&tree.tree, and(&tree.ident), is_export, found),
        UseTree::Group(tree) => {
            tree.items.iter().for_each(|tree| add_leaves(tree, path.clone(), is_export, found));
        }
        UseTree::Glob(_) => found.push(Import { path, name: None, is_export }),
        UseTree::Name(tree) if tree.ident == "self" => {
            found.push(Import { name: path.last().cloned(), path, is_export });
        }
        UseTree::Name(tree) => {
            let name = Some(tree.ident.to_string());
            found.push(Import { path: and(&tree.ident), name, is_export });
        }
        UseTree::Rename(tree) => {
            let name = Some(tree.rename.to_string());
            let path = if tree.ident == "self" { path } else { and(&tree.ident) };
            found.push(Import { path, name, is_export });
        }
    }
}

/// The module that defines the name that `path` leads to from `module`, or that it is; none where
/// it leads out of the crate.
pub fn resolve(tree: &CrateTree, module: &ModulePath, path: &[String]) -> Option<ModulePath> {
    resolve_within(tree, module, path, 0)
}

/// Re-exports of re-exports are followed so far.
const DEEPEST: usize = 16;

fn resolve_within(
    tree: &CrateTree,
    module: &ModulePath,
    path: &[String],
    depth: usize,
) -> Option<ModulePath> {
    let (first, rest) = path.split_first()?;
    let start = match first.as_str() {
        "crate" => Some(Vec::new()),
        "self" => Some(module.clone()),
        "super" => Some(module.split_last()?.1.to_vec()),
        _ => None,
    };
    match start {
        Some(start) if rest.is_empty() => Some(start),
        Some(start) if rest[0] == "super" => resolve_within(tree, &start, rest, depth),
        Some(start) => step(tree, &start, rest, depth).or(Some(start)),
        None => step(tree, module, path, depth),
    }
}

/// The first of `path` looked up in `module`: a module in it, an import, or an item.
fn step(
    tree: &CrateTree,
    module: &ModulePath,
    path: &[String],
    depth: usize,
) -> Option<ModulePath> {
    let (first, rest) = path.split_first()?;
    let inside = [module.clone(), vec![first.clone()]].concat();
    if tree.modules.contains_key(&inside) {
        return if rest.is_empty() {
            Some(inside)
        } else {
            step(tree, &inside, rest, depth).or(Some(inside))
        };
    }
    let items = &tree.modules.get(module)?.items;
    if items.iter().any(|item| name_of(item).as_deref() == Some(first)) {
        return Some(module.clone());
    }
    if depth == DEEPEST {
        return None;
    }
    imports(items).iter().find_map(|import| match &import.name {
        Some(name) if name == first => {
            let target = [&import.path[..], rest].concat();
            (import.path != path)
                .then(|| resolve_within(tree, module, &target, depth + 1))
                .flatten()
        }
        Some(_) => None,
        None => {
            let all = resolve_within(tree, module, &import.path, depth + 1)?;
            (all != *module).then(|| step(tree, &all, path, depth + 1)).flatten()
        }
    })
}

/// The name that an item defines in its module.
fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}
