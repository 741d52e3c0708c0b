//! FORMAT.md sections 1.2 and 8: I-JSON (RFC 7493). "in no object two members have one name, no string
//! holds a lone surrogate, no number exceeds a 64-bit float", which an ordinary parser lets pass.

mod scalar;

use super::bytes::require;
use std::collections::BTreeMap;

/// The members of an object in the order of the text, of each name one.
#[derive(Default)]
pub struct Object {
    members: Vec<(String, Value)>,
    places: BTreeMap<String, usize>,
}

impl Object {
    /// The value of the member of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.places.get(name).map(|&place| &self.members[place].1)
    }

    /// Names and values in the order of the text.
    pub fn in_order(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds a member; `false` where there is one of its name.
    fn insert(&mut self, name: String, value: Value) -> bool {
        let is_new = self.places.insert(name.clone(), self.members.len()).is_none();
        self.members.push((name, value));
        is_new
    }
}

/// A JSON value. Of a number no more is kept than FORMAT.md asks for.
pub enum Value {
    Null,
    Bool,
    /// The number where it is written as an integer of 64 bits without a sign.
    Number(Option<u64>),
    String(String),
    Array(Vec<Value>),
    Object(Object),
}

impl Value {
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    pub fn as_array(&self) -> Option<&Vec<Self>> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self { *number } else { None }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Objects and arrays inside each other from which on a text is refused: each takes some stack.
const TOO_DEEP: usize = 128;

/// The value of a JSON text.
pub fn parse_json(text: &[u8]) -> Result<Value, String> {
    let text = str::from_utf8(text).map_err(|why| why.to_string())?;
    let mut parser = Parser { text, at: 0, depth: 0 };
    let value = parser.value()?;
    parser.skip_spaces();
    require(parser.at == text.len(), || parser.fault("more than one value"))?;
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset of what comes next.
    at: usize,
    /// Objects and arrays that are open.
    depth: usize,
}

impl Parser<'_> {
    fn fault(&self, why: &str) -> String {
        format!("{why}, at byte {}", self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes this byte, if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let comes = self.peek() == Some(byte);
        self.at += usize::from(comes);
        comes
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        let comes = self.take(byte);
        require(comes, || self.fault(&format!("no {:?}", char::from(byte))))
    }

    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip_spaces();
        match self.peek() {
            Some(b'{') => self.deeper(Self::object).map(Value::Object),
            Some(b'[') => self.deeper(Self::array).map(Value::Array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b'n') => self.literal("null", Value::Null),
            Some(b't') => self.literal("true", Value::Bool),
            Some(b'f') => self.literal("false", Value::Bool),
            _ => Err(self.fault("no value")),
        }
    }

    fn literal(&mut self, literal: &str, value: Value) -> Result<Value, String> {
        let comes = self.text[self.at..].starts_with(literal);
        require(comes, || self.fault("no value"))?;
        self.at += literal.len();
        Ok(value)
    }

    fn deeper<T>(&mut self, read: fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.at += 1;
        self.depth += 1;
        require(self.depth < TOO_DEEP, || self.fault("too many objects and arrays in each other"))?;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        self.skip_spaces();
        if self.take(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value()?);
            self.skip_spaces();
            if self.take(b']') {
                return Ok(items);
            }
            self.expect(b',')?;
        }
    }

    fn object(&mut self) -> Result<Object, String> {
        let mut members = Object::default();
        self.skip_spaces();
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            self.skip_spaces();
            let name = self.string()?;
            self.skip_spaces();
            self.expect(b':')?;
            let value = self.value()?;
            let is_new = members.insert(name.clone(), value);
            require(is_new, || format!("two members are named {name:?}"))?;
            self.skip_spaces();
            if self.take(b'}') {
                return Ok(members);
            }
            self.expect(b',')?;
        }
    }
}
