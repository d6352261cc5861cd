//! PyTorch's file format from before 1.6, as far as Resemblyzer's `pretrained.pt` needs it, to safetensors.
//!
//! Five pickles (magic number, protocol, byte order, the object, the keys of the storages), then the storages, each an
//! 8-byte count and 32-bit floats. The pickle reader knows the opcodes in that file, makes plain values of them and calls
//! nothing. `scripts/convert-speaker.py` writes the same bytes.

use std::collections::BTreeMap;

use safetensors::{Dtype, tensor::TensorView};

/// Opcodes in one pickle; Resemblyzer's has under 2,000.
const OPCODES_MAX: usize = 20_000;

/// The tensors under `model_state` whose names begin with one of `prefixes`, as a safetensors file. `None` if `file` is
/// something else, or damaged.
pub(super) fn to_safetensors(file: &[u8], prefixes: &[&str]) -> Option<Vec<u8>> {
    let mut bytes = Bytes(file);
    // Magic number, protocol version, byte order and sizes: nothing else was ever written.
    for _ in 0..3 {
        bytes.pickle()?;
    }
    let object = bytes.pickle()?;
    let keys = bytes.pickle()?;
    let mut storages = BTreeMap::new();
    for key in keys.items()? {
        let count = usize::try_from(i64::from_le_bytes(bytes.array()?)).ok()?;
        storages.insert(key.text()?, bytes.take(count.checked_mul(4)?)?);
    }
    let mut tensors = Vec::new();
    for (name, tensor) in object.get("model_state")?.pairs()? {
        let name = name.text()?;
        if !prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
        let (shape, data) = tensor.data(&storages)?;
        let view = TensorView::new(Dtype::F32, shape, data).ok()?;
        plain.then(|| tensors.push((name, view)))?;
    }
    safetensors::serialize(tensors, None).ok()
}

/// What a pickle can hold here.
#[derive(Clone, Debug)]
enum Value {
    Number(i64),
    Text(String),
    Global(String),
    Sequence(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Storage(String),
    Tensor { storage: String, offset: usize, shape: Vec<usize>, strides: Vec<usize> },
    Mark,
    Other,
}

impl Value {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn items(&self) -> Option<&[Value]> {
        if let Self::Sequence(items) = self { Some(items) } else { None }
    }

    fn pairs(&self) -> Option<&[(Value, Value)]> {
        if let Self::Map(pairs) = self { Some(pairs) } else { None }
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.pairs()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    fn lengths(&self) -> Option<Vec<usize>> {
        self.items()?
            .iter()
            .map(|item| if let Self::Number(n) = item { usize::try_from(*n).ok() } else { None })
            .collect()
    }

    /// Shape and bytes of a tensor that lies in one piece.
    fn data<'a>(&self, storages: &BTreeMap<&str, &'a [u8]>) -> Option<(Vec<usize>, &'a [u8])> {
        let Self::Tensor { storage, offset, shape, strides } = self else { return None };
        let mut count = 1_usize;
        let mut dense = Vec::new();
        for length in shape.iter().rev() {
            dense.insert(0, count);
            count = count.checked_mul(*length)?;
        }
        let start = offset.checked_mul(4)?;
        let data = storages.get(storage.as_str())?.get(start..start.checked_add(count.checked_mul(4)?)?)?;
        (dense == *strides).then(|| (shape.clone(), data))
    }

    /// What calling a global with these arguments would give.
    fn called(global: &str, arguments: &[Value]) -> Option<Self> {
        match (global, arguments) {
            ("collections OrderedDict", []) => Some(Self::Map(Vec::new())),
            ("torch._utils _rebuild_tensor_v2", [Self::Storage(storage), Self::Number(offset), shape, strides, ..]) => {
                Some(Self::Tensor {
                    storage: storage.clone(),
                    offset: usize::try_from(*offset).ok()?,
                    shape: shape.lengths()?,
                    strides: strides.lengths()?,
                })
            }
            _ => None,
        }
    }

    /// What a persistent reference stands for: `("storage", type, key, place, count, view)`.
    fn referred(&self) -> Option<Self> {
        match self.items()? {
            [_, Self::Global(kind), Self::Text(key), ..] if kind == "torch FloatStorage" => {
                Some(Self::Storage(key.clone()))
            }
            _ => None,
        }
    }
}

/// What is left of the file.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn line(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let line = self.take(end)?;
        self.take(1)?;
        String::from_utf8(line.to_vec()).ok()
    }

    /// Reads one pickle (protocol 2).
    fn pickle(&mut self) -> Option<Value> {
        let mut stack = Stack::default();
        let mut memo = BTreeMap::new();
        for _ in 0..OPCODES_MAX {
            let value = match self.array::<1>()? {
                [0x80] => {
                    self.take(1)?;
                    continue;
                }
                [b'.'] => return stack.0.pop(),
                [b'q'] => {
                    memo.insert(u32::from(u8::from_le_bytes(self.array()?)), stack.0.last()?.clone());
                    continue;
                }
                [b'r'] => {
                    memo.insert(u32::from_le_bytes(self.array()?), stack.0.last()?.clone());
                    continue;
                }
                [b'h'] => memo.get(&u32::from(u8::from_le_bytes(self.array()?)))?.clone(),
                [b'j'] => memo.get(&u32::from_le_bytes(self.array()?))?.clone(),
                [b'('] => Value::Mark,
                [b'K'] => Value::Number(i64::from(u8::from_le_bytes(self.array()?))),
                [b'M'] => Value::Number(i64::from(u16::from_le_bytes(self.array()?))),
                [b'J'] => Value::Number(i64::from(i32::from_le_bytes(self.array()?))),
                [0x8a] => {
                    let length = u8::from_le_bytes(self.array()?);
                    self.take(usize::from(length))?;
                    Value::Other
                }
                [b'G'] => {
                    self.take(8)?;
                    Value::Other
                }
                [b'N' | 0x88 | 0x89] => Value::Other,
                [b'X'] => {
                    let length = u32::from_le_bytes(self.array()?);
                    Value::Text(String::from_utf8(self.take(usize::try_from(length).ok()?)?.to_vec()).ok()?)
                }
                [b'c'] => Value::Global(format!("{} {}", self.line()?, self.line()?)),
                [b'}'] => Value::Map(Vec::new()),
                [b']' | b')'] => Value::Sequence(Vec::new()),
                [opcode] => stack.apply(opcode)?,
            };
            stack.0.push(value);
        }
        None
    }
}

#[derive(Default)]
struct Stack(Vec<Value>);

impl Stack {
    /// Everything above the last mark, which goes too.
    fn marked(&mut self) -> Option<Vec<Value>> {
        let mark = self.0.iter().rposition(|value| matches!(value, Value::Mark))?;
        let items = self.0.split_off(mark + 1);
        self.0.pop();
        Some(items)
    }

    fn last(&mut self, count: usize) -> Option<Vec<Value>> {
        let at = self.0.len().checked_sub(count)?;
        Some(self.0.split_off(at))
    }

    /// Opcodes that take from the stack; returns what goes back onto it.
    fn apply(&mut self, opcode: u8) -> Option<Value> {
        match opcode {
            b't' => self.marked().map(Value::Sequence),
            0x85..=0x87 => self.last(usize::from(opcode - 0x84)).map(Value::Sequence),
            b'Q' => self.0.pop()?.referred(),
            b'R' => {
                let [Value::Global(global), arguments] = &self.last(2)?[..] else { return None };
                Value::called(global, arguments.items()?)
            }
            // The state of an ordered dictionary (`_metadata`) is of no use here.
            b'b' => self.last(2)?.into_iter().next(),
            b'u' | b's' => {
                let items = if opcode == b'u' { self.marked()? } else { self.last(2)? };
                let Value::Map(mut pairs) = self.0.pop()? else { return None };
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    pairs.push((key, value));
                }
                Some(Value::Map(pairs))
            }
            b'e' | b'a' => {
                let more = if opcode == b'e' { self.marked()? } else { self.last(1)? };
                let Value::Sequence(mut items) = self.0.pop()? else { return None };
                items.extend(more);
                Some(Value::Sequence(items))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
