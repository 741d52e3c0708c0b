//! Public types that other crates can fill or match.

use crate::crate_tree::{CrateTree, ModulePath};
use crate::scope::imports;
use std::collections::BTreeMap;
use syn::{Attribute, Fields, Item, ItemMod, Visibility};

/// The library, and the crates that it exports types of.
pub struct Crates {
    pub library: CrateTree,
    pub codec: CrateTree,
    pub cpu: CrateTree,
}

impl Crates {
    /// The names of the library's public types, and whether a field or a variant can be added to
    /// each.
    pub fn public_types(&self) -> BTreeMap<String, bool> {
        let mut found = BTreeMap::new();
        self.add_exports(&Vec::new(), &mut found);
        found
    }

    /// Adds the types that a module of the library exports, and those of its public modules.
    fn add_exports(&self, module: &ModulePath, found: &mut BTreeMap<String, bool>) {
        let items = &self.library.modules[module].items;
        for import in imports(items).into_iter().filter(|import| import.is_export) {
            let Some((name, owner)) = import.path.split_last() else { continue };
            if let Some(can_grow) = self.can_grow(module, owner, name) {
                found.entry(name.clone()).and_modify(|all| *all &= can_grow).or_insert(can_grow);
            }
        }
        for item in items {
            if let Item::Mod(inner) = item
                && is_documented(inner)
            {
                self.add_exports(&[&module[..], &[inner.ident.to_string()]].concat(), found);
            }
        }
    }

    /// Whether the type of this name can grow, which `module` has from `owner`; none where the name
    /// is not of a type.
    fn can_grow(&self, module: &ModulePath, owner: &[String], name: &str) -> Option<bool> {
        let (tree, owner) = match owner.first().map(String::as_str) {
            Some("wcodec_codec") => (&self.codec, owner[1..].to_vec()),
            Some("wcodec_cpu") => (&self.cpu, owner[1..].to_vec()),
            Some("crate") => (&self.library, owner[1..].to_vec()),
            _ => (&self.library, [module, owner].concat()),
        };
        // Re-exports lead anywhere.
        let anywhere = [tree, &self.library, &self.codec, &self.cpu];
        let elsewhere = || anywhere.iter().find_map(|tree| definition(tree, &Vec::new(), name));
        definition(tree, &owner, name).or_else(elsewhere)
    }
}

/// The definition in a module, or in those that lie in it.
fn definition(tree: &CrateTree, within: &ModulePath, name: &str) -> Option<bool> {
    let modules = tree.modules.iter().filter(|(path, _)| path.starts_with(within));
    modules.flat_map(|(_, module)| &module.items).find_map(|item| defines(item, name))
}

/// Whether the public type of this name that an item defines, if it does, can grow.
fn defines(item: &Item, name: &str) -> Option<bool> {
    match item {
        Item::Enum(item) if item.ident == name && is_public(&item.vis) => {
            Some(is_non_exhaustive(&item.attrs))
        }
        Item::Struct(item) if item.ident == name && is_public(&item.vis) => {
            let has_private = item.fields.iter().any(|field| !is_public(&field.vis));
            let is_unit = matches!(item.fields, Fields::Unit);
            Some(has_private || is_unit || is_non_exhaustive(&item.attrs))
        }
        Item::Macro(item) => {
            let text = item.mac.tokens.to_string();
            let (before, _) = text.split_once(&format!("pub enum {name} "))?;
            Some(before.rsplit('{').next()?.contains("non_exhaustive"))
        }
        _ => None,
    }
}

/// Returns whether users are told of the module.
fn is_documented(module: &ItemMod) -> bool {
    let is_hidden = |attribute: &Attribute| {
        attribute.path().is_ident("doc")
            && attribute.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("hidden"))
    };
    is_public(&module.vis) && !module.attrs.iter().any(is_hidden)
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_non_exhaustive(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"))
}
