//! `#[gpu_only]`.

use crate::function::{Function, source};
use proc_macro::TokenStream;

/// The function twice: unchanged for `nvptx64`, with a body that panics for other targets.
pub fn expand(item: TokenStream) -> Result<TokenStream, TokenStream> {
    let function = Function::parse(item)?;
    let name = function.name();
    let Function { head, signature, body } = function;
    let device = source("#[cfg(target_arch = \"nvptx64\")]");
    let host = source("#[cfg(not(target_arch = \"nvptx64\"))] #[allow(unused_variables)]");

    let mut output = device;
    output.extend(head.iter().chain(&signature).cloned());
    output.extend([body]);
    output.extend(host);
    output.extend(head);
    output.extend(signature);
    output
        .extend(source(&format!("{{ ::core::unimplemented!(\"`{name}` runs on a GPU only\") }}")));
    Ok(output)
}
