//! The modules of a crate, read from its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use syn::{Attribute, Item, ItemMod};

/// The names of the modules on the way to one, the crate's own left out.
pub type ModulePath = Vec<String>;

/// A module, with the items that no test alone has.
pub struct Module {
    /// The module that is the whole file in which this one stands.
    pub file: ModulePath,
    pub items: Vec<Item>,
}

/// All modules of a crate.
pub struct CrateTree {
    pub modules: BTreeMap<ModulePath, Module>,
}

impl CrateTree {
    /// Reads `root` (a `lib.rs`) and the files that its modules stand in.
    pub fn read(root: &Path) -> Self {
        let mut tree = Self { modules: BTreeMap::new() };
        tree.read_file(root, root.parent().expect("a file is in a folder"), Vec::new());
        tree
    }

    /// `folder` is where the files of the module's own modules stand.
    fn read_file(&mut self, file: &Path, folder: &Path, path: ModulePath) {
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        self.add(parsed.items, folder, path.clone(), path);
    }

    fn add(&mut self, items: Vec<Item>, folder: &Path, path: ModulePath, file: ModulePath) {
        let items: Vec<Item> =
            items.into_iter().filter(|item| !is_test(attributes(item))).collect();
        for item in &items {
            if let Item::Mod(module) = item {
                self.add_module(module, folder, &path, &file);
            }
        }
        self.modules.insert(path, Module { file, items });
    }

    fn add_module(
        &mut self,
        module: &ItemMod,
        folder: &Path,
        parent: &ModulePath,
        file: &ModulePath,
    ) {
        let name = module.ident.to_string();
        let path = [parent.clone(), vec![name.clone()]].concat();
        let within = folder.join(&name);
        match &module.content {
            Some((_, items)) => self.add(items.clone(), &within, path, file.clone()),
            None => {
                let beside = folder.join(format!("{name}.rs"));
                let own = if beside.is_file() { beside } else { within.join("mod.rs") };
                self.read_file(&own, &within, path)
            }
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|only| only.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
