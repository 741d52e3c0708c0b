//! The tokens of a function definition, taken apart as far as the macros need.

use proc_macro::{Delimiter, Ident, Span, TokenStream, TokenTree};

/// A function definition, split where the macros change it.
pub struct Function {
    /// Attributes, visibility and qualifiers: all that stands before `fn`.
    pub head: Vec<TokenTree>,
    /// `fn`, the name, the parameters and what follows, without the body.
    pub signature: Vec<TokenTree>,
    /// The braces and their content.
    pub body: TokenTree,
}

impl Function {
    /// Splits `item`, or returns the compile error that says why it is no function.
    pub fn parse(item: TokenStream) -> Result<Self, TokenStream> {
        let mut head: Vec<TokenTree> = item.into_iter().collect();
        let body = match head.pop() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
            _ => return Err(error(Span::call_site(), "expected a function with a body")),
        };
        let keyword = head.iter().position(|token| is_ident(token, "fn"));
        let keyword = keyword.ok_or_else(|| error(body.span_open(), "expected a function"))?;
        let signature = head.split_off(keyword);
        Ok(Self { head, signature, body: TokenTree::Group(body) })
    }

    /// The identifier after `fn`.
    pub fn name(&self) -> Ident {
        match &self.signature[1] {
            TokenTree::Ident(name) => name.clone(),
            other => unreachable!("`fn {other}` is refused before macros run"),
        }
    }

    /// Returns whether `word` is one of the qualifiers before `fn`.
    pub fn has_qualifier(&self, word: &str) -> bool {
        self.head.iter().any(|token| is_ident(token, word))
    }
}

/// Returns whether `token` is the identifier or keyword `word`.
fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}

/// Returns whether `token` is the punctuation `symbol`.
pub fn is_punct(token: &TokenTree, symbol: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == symbol)
}

/// A `compile_error!` with `message`, reported at `span`.
pub fn error(span: Span, message: &str) -> TokenStream {
    let tokens: TokenStream = source(&format!("::core::compile_error! {{ {message:?} }}"));
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// Parses source text that this crate itself wrote.
pub fn source(text: &str) -> TokenStream {
    text.parse().expect("the text is a constant of this crate and valid Rust")
}
