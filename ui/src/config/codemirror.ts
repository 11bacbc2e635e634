// CodeMirror, as the configuration's pages use it. It lives in a shadow root: there its styles are adopted sheets,
// which the page's policy has nothing against. Colours come from outside, by the names of app.css.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { words } from "../words/words.svelte";
import { offsetOf, type Mark } from "./marks";

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "transparent", height: "100%", fontSize: "13.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--accent)", padding: "10px 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "none", paddingLeft: "4px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklab, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in oklab, var(--accent) 24%, transparent) !important",
  },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in oklab, var(--starting-fill) 30%, transparent)" },
  ".cm-matchingBracket": { outline: "1px solid var(--accent)", backgroundColor: "transparent !important" },
  ".cm-tooltip": {
    backgroundColor: "var(--panel)",
    border: "1px solid var(--line)",
    borderRadius: "8px",
    maxWidth: "34rem",
    overflow: "hidden",
  },
  ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--sans)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--failed)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--starting)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { padding: "8px", fontFamily: "var(--sans)" },
  ".cm-panel.cm-search label": { fontSize: "13px" },
  ".cm-textfield": {
    backgroundColor: "var(--panel)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    color: "var(--ink)",
    padding: "4px 8px",
    fontSize: "13px",
  },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--panel)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    color: "var(--ink)",
    padding: "3px 9px",
    fontSize: "13px",
    textTransform: "none",
  },
  ".cm-changedLine, .cm-insertedLine": {
    backgroundColor: "color-mix(in oklab, var(--ready-fill) 10%, transparent) !important",
  },
  ".cm-changedText, .cm-insertedLine .cm-changedText": {
    background: "none",
    borderBottom: "2px solid var(--ready)",
  },
  ".cm-deletedChunk": {
    backgroundColor: "color-mix(in oklab, var(--failed-fill) 10%, transparent)",
    paddingLeft: "6px",
  },
  ".cm-deletedChunk .cm-deletedText": {
    background: "none",
    borderBottom: "2px solid var(--failed)",
  },
  ".cm-changeGutter": { width: "3px", paddingLeft: "1px" },
  ".cm-collapsedLines": {
    background: "var(--sunken) !important",
    color: "var(--muted)",
    padding: "3px 10px",
    fontFamily: "var(--sans)",
    "&:before, &:after": { content: '"⋯"' },
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--asleep)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.separator, tags.squareBracket, tags.brace, tags.punctuation], color: "var(--muted)" },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: "var(--starting)" },
]);

function common(label: string): Extension {
  return [
    lineNumbers(),
    highlightSpecialChars(),
    drawSelection(),
    bracketMatching(),
    search({ top: true }),
    highlightSelectionMatches(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    yaml(),
    syntaxHighlighting(colours),
    theme,
    EditorState.phrases.of(words.t.configuration.phrases),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
  ];
}

/** Typing over a selection is done by us: the browser would leave styles of its own in it, which the policy forbids. */
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.data === null || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/** Make an editor in an element that has nothing in it. */
export function edit(host: HTMLElement, text: string, label: string, changed: (text: string) => void): EditorView {
  const breaks = text.includes("\r\n") ? [EditorState.lineSeparator.of("\r\n")] : [];
  const state = EditorState.create({
    doc: text,
    extensions: [
      breaks,
      lintGutter(),
      history(),
      typeOver,
      highlightActiveLine(),
      highlightActiveLineGutter(),
      keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap]),
      EditorView.updateListener.of((update) => update.docChanged && changed(update.state.sliceDoc())),
      common(label),
    ],
  });
  return mounted(host, state);
}

/** Show two texts as one, what is gone and what has come in place. */
export function compare(host: HTMLElement, before: string, after: string, label: string): EditorView {
  const state = EditorState.create({
    doc: after,
    extensions: [
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      unifiedMergeView({
        original: before,
        mergeControls: false,
        highlightChanges: true,
        collapseUnchanged: { margin: 3, minSize: 6 },
      }),
      common(label),
    ],
  });
  return mounted(host, state);
}

/** Underline what is wrong, at its places. */
export function mark(view: EditorView, marks: readonly Mark[]): void {
  const { doc } = view.state;
  const found = marks.map((one): Diagnostic => {
    const from = offsetOf(doc, one);
    const word = view.state.wordAt(from);
    const to = Math.max(word?.to ?? from, Math.min(from + 1, doc.length));
    return { from, to, severity: one.severity, message: one.message };
  });
  view.dispatch(setDiagnostics(view.state, found));
}

/** Put the cursor to a place, and show it. */
export function goTo(view: EditorView, line: number, column: number): void {
  const at = offsetOf(view.state.doc, { line, column });
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  view.focus();
}

function mounted(host: HTMLElement, state: EditorState): EditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  return new EditorView({ state, parent: root, root });
}
