//! From lines to a tree (`parser.c:process_stream`).

use super::error::{At, ConfError, Warning};
use super::lex::{LineStart, Token, tokens};
use super::tree::{Block, Conf, Item, Setting};

const ONE_A_LINE: &str = "write one option, or one brace, a line";

/// Reads the tree of a file.
pub(super) fn read(text: &str, warnings: &mut Vec<Warning>) -> Result<Conf, ConfError> {
    let mut conf = Conf::default();
    // The blocks that are open, the innermost last.
    let mut open: Vec<Block> = Vec::new();
    // A name that a `{` is to follow in the next line.
    let mut name: Option<(String, At)> = None;
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let start = LineStart {
            number: index + 1,
            offset,
        };
        offset += line.len();
        let line = tokens(line.trim_end_matches(['\n', '\r']), start)?;
        let mut line = line.into_iter();
        let Some((first, at)) = line.next() else {
            continue;
        };
        match (first, name.take()) {
            (Token::Open, Some((name, name_at))) => {
                warnings.push(Warning {
                    at,
                    message: format!("multipath-tools wants `{name} {{` in one line"),
                });
                end_of_line(line.next())?;
                open.push(block(name, name_at));
            }
            (_, Some((option, at))) => return Err(ConfError::NoValue { at, option }),
            (Token::Open, None) => return Err(ConfError::NamelessBlock { at }),
            (Token::Close, None) => {
                end_of_line(line.next())?;
                let closed = open.pop().ok_or(ConfError::UnmatchedBrace { at })?;
                match open.last_mut() {
                    Some(outer) => outer.items.push(Item::Block(closed)),
                    None => conf.sections.push(closed),
                }
            }
            (Token::Word(word) | Token::Quoted(word), None) => match line.next() {
                None => name = Some((word, at)),
                Some((Token::Open, _)) => {
                    end_of_line(line.next())?;
                    open.push(block(word, at));
                }
                Some((Token::Close, at)) => return Err(extra("}", at)),
                Some((value, value_at)) => {
                    let Some(inside) = open.last_mut() else {
                        return Err(ConfError::OutsideSection { at, option: word });
                    };
                    let setting = Setting {
                        name: word,
                        value: value.text().to_owned(),
                        at,
                        value_at,
                    };
                    let quoted = matches!(value, Token::Quoted(_));
                    rest_of_setting(&setting, quoted, line, warnings)?;
                    inside.items.push(Item::Setting(setting));
                }
            },
        }
    }
    if let Some((option, at)) = name {
        return Err(ConfError::NoValue { at, option });
    }
    match open.pop() {
        None => Ok(conf),
        Some(Block { name, at, .. }) => Err(ConfError::UnclosedBlock { at, name }),
    }
}

fn block(name: String, at: At) -> Block {
    Block {
        name,
        at,
        items: Vec::new(),
    }
}

fn extra(word: &str, at: At) -> ConfError {
    ConfError::ExtraWord {
        at,
        word: word.to_owned(),
        hint: ONE_A_LINE,
    }
}

fn end_of_line(next: Option<(Token, At)>) -> Result<(), ConfError> {
    match next {
        None => Ok(()),
        Some((token, at)) => Err(extra(token.text(), at)),
    }
}

/// Words behind a value: multipath-tools does not read them
/// (`validate_config_strvec`). A brace is an error, as a block would come out
/// otherwise than it looks.
fn rest_of_setting(
    setting: &Setting,
    quoted: bool,
    rest: impl Iterator<Item = (Token, At)>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfError> {
    for (index, (token, at)) in rest.enumerate() {
        if matches!(token, Token::Open | Token::Close) {
            return Err(extra(token.text(), at));
        }
        if index == 0 {
            let (option, value) = (&setting.name, &setting.value);
            let advice = if quoted {
                ""
            } else {
                "; a value of several words is quoted"
            };
            warnings.push(Warning {
                at,
                message: format!(
                    "only `{value}` is read as the value of `{option}`, not `{}`{advice}",
                    token.text()
                ),
            });
        }
    }
    Ok(())
}
