//! The texts that people read, against the code that says them: nothing is said that is not there, with other values than
//! it wants, or written elsewhere; and nothing is there that nobody says.

mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser::parse,
};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Rooms whose every sentence is in the catalogue; elsewhere errors and hints stand in the code.
const SAID: &[&str] = &["measures", "report", "web"];

/// Sentences in these rooms that are no texts, and why.
const UNSAID: &[(&str, &str)] = &[
    ("`sidetone report --html FILE` writes the report as a file instead", "a hint"),
    ("sidetone transcript show FILE", "a command"),
    ("the system gives no random numbers", "an error"),
    ("there are no words here", "an error: no form of the coach's page asks for them"),
    ("a program of another user was turned away", "for the log"),
    ("whose programs connect cannot be told: /proc/net/tcp: {error}", "for the log"),
];

/// Every text with the variables in it.
fn texts() -> BTreeMap<String, BTreeSet<String>> {
    let mut texts = BTreeMap::new();
    for path in sources::files("src/texts", "ftl") {
        let file = fs::read_to_string(&path).unwrap();
        let parsed = parse(file.as_str()).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
        for entry in parsed.body {
            let Entry::Message(message) = entry else { continue };
            let mut variables = BTreeSet::new();
            variables_in(&message.value.expect("a text of its own"), &mut variables);
            let again = texts.insert(message.id.name.to_owned(), variables);
            assert!(again.is_none(), "{} is there twice", message.id.name);
        }
    }
    texts
}

fn variables_in(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { .. } => {}
            PatternElement::Placeable { expression: Expression::Inline(inline) } => inline_in(inline, variables),
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                inline_in(selector, variables);
                variants.iter().for_each(|variant| variables_in(&variant.value, variables));
            }
        }
    }
}

fn inline_in(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => _ = variables.insert(id.name.to_owned()),
        InlineExpression::StringLiteral { .. } => {}
        other => panic!("a text is made of words and variables, not of {other:?}"),
    }
}

/// What a file says and what it writes, its tests, attributes and documentation left out.
#[derive(Default)]
struct Code {
    /// Names of texts with the variables that are given.
    says: Vec<(String, BTreeSet<String>)>,
    strings: Vec<String>,
}

impl Code {
    fn of(path: &Path) -> Self {
        let mut code = Self::default();
        code.read(fs::read_to_string(path).unwrap().parse().unwrap());
        code
    }

    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let inner = matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
                    let Some(TokenTree::Group(attribute)) = tokens.get(at + usize::from(inner)) else { continue };
                    at += 1 + usize::from(inner);
                    if attribute.stream().to_string().replace(' ', "") == "cfg(test)" {
                        let ends = |token: &TokenTree| match token {
                            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                            TokenTree::Punct(punct) => punct.as_char() == ';',
                            _ => false,
                        };
                        at += tokens[at..].iter().position(ends).map_or(0, |end| end + 1);
                    }
                }
                TokenTree::Ident(name) if name == "say" => {
                    if let (Some(TokenTree::Punct(_)), Some(TokenTree::Group(group))) =
                        (tokens.get(at), tokens.get(at + 1))
                    {
                        self.says.extend(said(group));
                    }
                }
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Literal(literal) => self.strings.extend(string(literal)),
                _ => {}
            }
        }
    }
}

fn string(literal: &proc_macro2::Literal) -> Option<String> {
    syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|text| text.value())
}

/// `("name", low, high = 3)` as the name and its variables; `None` where the name is made elsewhere.
fn said(arguments: &Group) -> Option<(String, BTreeSet<String>)> {
    let tokens: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let parts: Vec<&[TokenTree]> =
        tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')).collect();
    let (name, variables) = parts.split_first()?;
    let [TokenTree::Literal(name)] = name else { return None };
    // A comma within `a < b, c > d` would make a part of its own, which begins with no name and an equals sign.
    let variables = variables.iter().filter_map(|part| match part {
        [TokenTree::Ident(variable)] => Some(variable.to_string()),
        [TokenTree::Ident(variable), TokenTree::Punct(is), ..] if is.as_char() == '=' => Some(variable.to_string()),
        _ => None,
    });
    Some((string(name)?, variables.collect()))
}

fn code() -> Vec<(PathBuf, Code)> {
    let files = sources::code().into_iter().filter(|path| !path.ends_with("texts/mod.rs"));
    files.map(|path| (path.clone(), Code::of(&path))).collect()
}

#[test]
fn every_text_that_is_said_is_there_and_gets_what_it_wants() {
    let texts = texts();
    let mut wrong = Vec::new();
    for (path, code) in code() {
        for (name, given) in code.says {
            match texts.get(&name) {
                Some(wanted) if *wanted == given => {}
                wanted => wrong.push(format!("{}: {name} gets {given:?}, wants {wanted:?}", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_text_that_is_there_is_said() {
    let strings: BTreeSet<String> = code()
        .into_iter()
        .flat_map(|(_, code)| code.says.into_iter().map(|(name, _)| name).chain(code.strings))
        .collect();
    // `caveat-` is the beginning of names that are made of codes.
    let beginnings: Vec<&String> = strings.iter().filter(|text| text.len() > 1 && text.ends_with('-')).collect();
    let said = |name: &String| strings.contains(name) || beginnings.iter().any(|text| name.starts_with(*text));
    let unsaid: Vec<String> = texts().into_keys().filter(|name| !said(name)).collect();
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

/// Three words in a row that are no HTML: about the shortest sentence.
fn is_sentence(text: &str) -> bool {
    let mut tags = 0;
    let outside: String = text
        .chars()
        .map(|character| {
            tags += i32::from(character == '<') - i32::from(character == '>');
            match character {
                '>' => ' ',
                _ if tags > 0 => '<',
                other => other,
            }
        })
        .collect();
    let words = |part: &str| part.len() > 1 && part.chars().all(|character| character.is_alphabetic());
    let parts: Vec<bool> = outside.split([' ', '\u{a0}']).map(words).collect();
    parts.windows(3).any(|three| three.iter().all(|word| *word))
}

#[test]
fn sentences_stand_nowhere_else() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (path, code) in code() {
        let place = path.strip_prefix(&src).unwrap();
        if SAID.iter().any(|room| place.starts_with(room)) {
            let sentences = code.strings.into_iter().filter(|text| is_sentence(text));
            let texts = sentences.filter(|text| !UNSAID.iter().any(|(known, _)| known == text));
            found.extend(texts.map(|text| format!("{}: {text:?}", place.display())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// `report.ftl` and `web.ftl` stand in HTML as they are.
#[test]
fn a_text_of_a_page_is_no_markup() {
    for room in ["report", "web"] {
        let path = format!("{}/src/texts/en/{room}.ftl", env!("CARGO_MANIFEST_DIR"));
        let file = fs::read_to_string(path).unwrap();
        let mut texts = file.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(texts.find(|line| line.contains(['<', '&', '"'])), None, "{room}.ftl");
    }
}

/// The rules themselves must be able to fail.
#[test]
fn a_breach_is_seen() {
    let mut code = Code::default();
    let text = r#"
        //! A room that says things.
        #[cfg(test)] mod tests { fn f() { say!("in-a-test"); } }
        fn f(low: u32) { let x = format!("<p>{}</p>", say!("bounds", low, high = g(1, 2))); say!("plain"); say!(NAME); }
        fn g() -> &'static str { "words that stand elsewhere" }
    "#;
    code.read(text.parse().unwrap());
    let variables = ["high", "low"].map(str::to_owned);
    // What stands in another macro is found in its turn, and so is what stands in this one.
    assert!(code.says.contains(&("bounds".to_owned(), variables.into())));
    assert!(code.says.contains(&("plain".to_owned(), BTreeSet::new())));
    assert_eq!(code.says.len(), 2, "{:?}", code.says);
    let sentences: Vec<&String> = code.strings.iter().filter(|text| is_sentence(text)).collect();
    assert_eq!(sentences, ["words that stand elsewhere"]);
    assert!(!is_sentence("<p class=\"soft of heart\">{said}</p>") && is_sentence("<p>Nothing is chosen"));
}
