//! `#[kernel]`.

use crate::function::{Function, error, is_punct, source};
use proc_macro::{TokenStream, TokenTree};

/// The function twice: as a kernel for `nvptx64`, and unchanged for every other target.
///
/// A macro is not told the target, and a calling convention cannot stand in a `cfg_attr`.
pub fn expand(item: TokenStream) -> Result<TokenStream, TokenStream> {
    let function = Function::parse(item)?;
    check(&function)?;
    let Function { head, signature, body } = function;
    let host = [source("#[cfg(not(target_arch = \"nvptx64\"))]")];
    let device = [source("#[cfg(target_arch = \"nvptx64\")] #[unsafe(no_mangle)]")];

    let mut output = TokenStream::new();
    output.extend(host);
    output.extend(head.iter().chain(&signature).chain([&body]).cloned());
    output.extend(device);
    output.extend(head);
    output.extend(source("extern \"ptx-kernel\""));
    output.extend(signature);
    output.extend([body]);
    Ok(output)
}

/// Refuses what the kernel calling convention has no place for.
fn check(function: &Function) -> Result<(), TokenStream> {
    let span = function.name().span();
    if !function.has_qualifier("unsafe") {
        return Err(error(span, "a kernel must be an `unsafe fn`"));
    }
    if is_punct(&function.signature[2], '<') {
        return Err(error(span, "a kernel cannot be generic"));
    }
    if returns_value(&function.signature) {
        return Err(error(span, "a kernel cannot return a value"));
    }
    Ok(())
}

/// Returns whether `->` follows the parameters, which are one token tree.
fn returns_value(signature: &[TokenTree]) -> bool {
    signature.windows(2).any(|pair| is_punct(&pair[0], '-') && is_punct(&pair[1], '>'))
}
