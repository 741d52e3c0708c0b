//! The symbol tables of a program or a shared library.

use object::{Object, ObjectSymbol};
use std::fs;
use std::path::Path;

/// The names in both tables, of defined and of undefined symbols.
pub struct Symbols {
    /// The dynamic loader's table.
    pub dynamic: Vec<String>,
    /// The debuggers' table: longer, unless it is stripped.
    pub fixed: Vec<String>,
}

impl Symbols {
    pub fn of(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = object::File::parse(&*bytes).unwrap();
        let names = |symbols: &mut dyn Iterator<Item = object::Symbol<'_, '_>>| {
            symbols.map(|symbol| symbol.name().unwrap().to_owned()).collect()
        };
        Self { dynamic: names(&mut file.dynamic_symbols()), fixed: names(&mut file.symbols()) }
    }

    /// The names formed like the driver's, `cuInit` for instance.
    pub fn of_the_driver(&self) -> Vec<&str> {
        let names = self.dynamic.iter().chain(&self.fixed).map(String::as_str);
        let is_it = |name: &&str| {
            let rest = name.strip_prefix("cu");
            rest.is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
        };
        names.filter(is_it).collect()
    }
}
