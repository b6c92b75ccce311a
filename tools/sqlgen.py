#!/usr/bin/env python3
"""Compiles the catalogue of SQL statements into typed C functions.

usage: sqlgen.py --enums src/model/enums.h --header OUT.h --source OUT.c FILE.sql…    for the build
       sqlgen.py --enums src/model/enums.h --postgres FILE.sql…                       migrations and a PREPARE of every statement, for psql

A file below migrations/ is a migration, its number is the beginning of its name. Every other file holds statements:

    -- name: cso_page
    -- in: system int32, after int64, limit int64          named inputs: a struct of their own; a ? behind a type: 0 means NULL
    -- out: id int64, key text?                            outputs: a struct of their own
    -- in struct mv_type: id, name, icon?, order=position  … or members of a struct that C knows; member=column where names differ (a text
                                                        that is a binary column: "content bytes")
    -- out struct mv_type list mv_types: id, name          … with the list type that q_NAME_all fills
    -- choose: id | id desc                                alternatives for the word {choose}; the caller gives the index
    -- counted                                             the caller is told how many rows changed
    -- many                                                a select of many inputs runs once, where the database can: its rows come in the
                                                           order of the inputs, those of one input in any order
    -- set: head: id, name                                 members for the word @head in the clauses further down in the file
    -- fragment: visible                                   a piece of SQL for the word {visible} further down in the file
    select id, key from cso where system = :system and id > :after order by id limit :limit;

Words: {columns} the columns of the inputs (or outputs, in a select), {values} the inputs' placeholders, {set} column = input for all but
the first, {excluded} the same for an upsert, {=NAME} the number of a member of an enumeration, and the words of DIALECTS, which are the
only differences between the databases."""
import hashlib, pathlib, re, sys

DIALECTS = {
    'sqlite': {'int': 'integer', 'bytes': 'blob', 'uuid': 'blob', 'c': '', 'unlogged': '', 'skip_locked': '', 'strict': 'strict',
               'clustered': 'strict, without rowid', 'instr': 'instr'},
    'postgres': {'int': 'bigint', 'bytes': 'bytea', 'uuid': 'uuid', 'c': 'collate "C"', 'unlogged': 'unlogged', 'skip_locked': 'for update skip locked',
                 'strict': '', 'clustered': '', 'instr': 'strpos'},
}
KINDS = {'int64': 'int64_t', 'uint64': 'uint64_t', 'int32': 'int32_t', 'bool': 'bool', 'text': 'text', 'bytes': 'text', 'instant': 'instant'}


def fail(where, sentence):
    sys.exit(f'sqlgen: {where}: {sentence}')


def enumeration_numbers(path):
    """Symbol → number, from the X-macro tables of the model."""
    numbers = {}
    source = pathlib.Path(path).read_text().replace('\\\n', ' ')
    for line in re.findall(r'^#define \w+\(X\)(.*)$', source, re.M):
        for number, symbol in enumerate(re.findall(r'\bX\(\s*(\w+)', line)):
            numbers[symbol] = number
    return numbers


class Field:
    def __init__(self, where, spec, struct):
        self.null = spec.endswith('?') or '?=' in spec
        spec, _, column = (part.strip().rstrip('?') for part in spec.partition('='))
        self.member, _, kind = (part.strip() for part in spec.partition(' '))
        self.column = column or self.member.split('.')[-1]
        self.kind = kind
        if not struct and not (kind in KINDS or kind.startswith('enum ')):
            fail(where, f'"{spec}" needs a type')

    def c_type(self):
        return KINDS.get(self.kind, self.kind)


def split_fields(body):
    """Splits at the commas that stand outside parentheses."""
    parts, depth = [''], 0
    for c in body:
        depth += (c == '(') - (c == ')')
        if c == ',' and depth == 0:
            parts.append('')
        else:
            parts[-1] += c
    return parts


class Side:
    """The inputs or the outputs of a statement."""

    def __init__(self, where, words, body, own_struct):
        found = re.fullmatch(r'(?:struct (\w+))?(?: list (\w+))?', words)
        if not found:
            fail(where, f'cannot read "{words}"')
        self.named = found.group(1)
        self.list = found.group(2)
        self.struct = self.named or own_struct
        self.fields = [Field(where, part.strip(), self.named) for part in split_fields(body)]

    def c_struct(self):
        members = ''.join(f'    {f.c_type()} {f.member};\n' for f in self.fields)
        return '' if self.named else f'struct {self.struct} {{\n{members}}};\n'

    def c_table(self, name):
        lines = []
        for f in self.fields:
            kind = 'SQL_BYTES' if f.kind == 'bytes' else f'SQL_KIND(struct {self.struct}, {f.member})'
            lines.append(f'    {{{kind}, {"true" if f.null else "false"}, SQL_SIZE(struct {self.struct}, {f.member}), '
                         f'offsetof(struct {self.struct}, {f.member})}},\n')
        return f'static const struct sql_field {name}[] = {{\n{"".join(lines)}}};\n'


class Statement:
    def __init__(self, where, name):
        self.where, self.name = where, name
        self.inputs = self.outputs = None
        self.choices, self.counted, self.many_inputs, self.sql, self.fragments = [None], False, False, '', {}

    def text(self, dialect, choice, numbers):
        """The text for one database."""
        inputs = self.inputs.fields if self.inputs else []
        columns = self.outputs.fields if self.outputs and self.sql.lstrip().lower().startswith(('select', 'with')) else inputs
        words = dict(DIALECTS[dialect], columns=', '.join(f.column for f in columns), values=', '.join(f':{f.column}' for f in inputs),
                     set=', '.join(f'{f.column} = :{f.column}' for f in inputs[1:]),
                     excluded=', '.join(f'{f.column} = excluded.{f.column}' for f in inputs[1:]))
        if choice is not None:
            words['choose'] = substitute(self.where, choice, words, numbers)
        sql = self.sql
        for name, piece in self.fragments.items():
            sql = sql.replace('{' + name + '}', piece)
        sql = substitute(self.where, sql, words, numbers)
        places = {f.column: i + 1 for i, f in enumerate(inputs)}
        mark = '?' if dialect == 'sqlite' else '$'

        def place(match):
            if match.group(1) not in places:
                fail(self.where, f'{self.name} has no input "{match.group(1)}"')
            return f'{mark}{places[match.group(1)]}'
        return re.sub(r'(?<![:\w]):([a-z_]\w*)', place, ' '.join(sql.split()))


    def many(self, choice, numbers):
        """The text for SQLite that takes all inputs at once from the table "input". A row that is refused fails the statement without
        undoing the rows before it, which spares a copy of every page: who called it gives up the transaction."""
        if self.many_inputs:
            return self.many_selected(choice, numbers)
        found = re.fullmatch(r'(?s)insert (into .*) values \(\{values\}\)(.*)', self.sql)
        if not found or self.outputs or choice is not None:
            return None
        columns = ', '.join(f'c{i}' for i in range(len(self.inputs.fields)))
        single, self.sql = self.sql, f'insert or fail {found.group(1)} select {columns} from input where true{found.group(2)}'
        text = self.text('sqlite', choice, numbers)
        self.sql = single
        return None if '?' in text else text

    def many_selected(self, choice, numbers):
        """A select that is joined to the inputs; the number of the input is the last column."""
        found = re.fullmatch(r'select (.*) from (\w.*?) where (.*?)(?: order by [\w.]+)?', self.text('sqlite', choice, numbers))
        if not found or not self.outputs:
            fail(self.where, f'{self.name} is not a select with a condition, that "many" takes')
        columns, table, where = (re.sub(r'\?(\d+)', lambda m: f'i.c{int(m.group(1)) - 1}', part) for part in found.groups())
        return f'select {columns}, i.rowid from input i cross join {table} where {where}'


def substitute(where, sql, words, numbers):
    def word(match):
        key = match.group(1)
        if key.startswith('='):
            if key[1:] not in numbers:
                fail(where, f'no enumeration has {key[1:]}')
            return str(numbers[key[1:]])
        if key not in words:
            fail(where, f'unknown word {{{key}}}')
        return words[key]
    return re.sub(r'\{(=?\w+)\}', word, sql)


def read_statements(path):
    statements, current, last, fragments, sets, current_set = [], None, None, {}, {}, None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f'{path}:{number}'
        comment = re.match(r'--(\s*)(.*)$', line)
        if not comment:
            if line.strip() and current is None:
                fail(where, 'SQL without a name')
            if current is not None and line.strip():
                current.sql += line.rstrip() + '\n'
            if line.rstrip().endswith(';'):
                current.sql = current.sql.rstrip().rstrip(';')
                if current.fragment:
                    fragments[current.name] = current.sql
                else:
                    for clause in current.clauses:
                        clause[1] = re.sub(r'@(\w+)', lambda m: sets[m.group(1)], clause[1])
                    current.fragments = dict(reversed(fragments.items()))
                    close(current)
                    statements.append(current)
                current = None
            continue
        indent, words = comment.groups()
        if words.startswith(('name: ', 'fragment: ')):
            current, last = Statement(where, words.split(':')[1].strip()), None
            current.clauses, current.fragment = [], words.startswith('fragment')
        elif words.startswith('set: '):
            current_set, _, body = words[5:].partition(':')
            sets[current_set] = body
        elif current is not None and len(indent) > 1 and last is not None:
            current.clauses[-1][1] += ' ' + words
        elif current is None and len(indent) > 1 and current_set:
            sets[current_set] += ' ' + words
        elif current is not None:
            head, _, body = words.partition(':')
            current.clauses.append([head.strip(), body])
            last, current_set = head, None
    if current is not None:
        fail(path, f'{current.name} has no end')
    return statements


def close(statement):
    for head, body in statement.clauses:
        kind, _, words = head.partition(' ')
        if kind == 'in':
            statement.inputs = Side(statement.where, words, body, f'q_{statement.name}_in')
        elif kind == 'out':
            statement.outputs = Side(statement.where, words, body, f'q_{statement.name}_row')
        elif kind == 'choose':
            statement.choices = [c.strip() for c in body.split('|')]
        elif kind == 'counted':
            statement.counted = True
        elif kind == 'many':
            statement.many_inputs = True
        else:
            fail(statement.where, f'unknown clause "{head}"')


def c_string(sql):
    return '"' + sql.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n"\n    "') + '"'


def wrapper(s):
    """The typed functions of one statement."""
    which = f'&sql_{s.name}[choice]' if s.choices != [None] else f'sql_{s.name}'
    choose = 'unsigned choice, ' if s.choices != [None] else ''
    given = f'const struct {s.inputs.struct} *in, size_t count' if s.inputs else ''
    pass_many = '(struct sql_inputs){in, sizeof *in, count}' if s.inputs else '(struct sql_inputs){NULL, 0, 1}'
    one = f'const struct {s.inputs.struct} *in, ' if s.inputs else ''
    pass_one = '(struct sql_inputs){in, sizeof *in, 1}' if s.inputs else '(struct sql_inputs){NULL, 0, 1}'
    comma = ', ' if given else ''
    head = 'static inline __attribute__((warn_unused_result)) error *'
    if not s.outputs:
        changed = ', int64_t *changed' if s.counted else ''
        return (f'{head}q_{s.name}(store_tx *tx, {choose}{given}{changed}) {{\n'.replace(', )', ')') +
                f'    return sql_execute(tx, {which}, {pass_many}, {"changed" if s.counted else "NULL"});\n}}\n')
    row = s.outputs.struct
    out = (f'{head}q_{s.name}(store_tx *tx, {choose}{given}{comma}struct rows *out) {{\n'
           f'    return sql_query(tx, {which}, {pass_many}, out);\n}}\n'
           f'static inline bool q_{s.name}_next(struct rows *rows, struct {row} *row) {{ return sql_next(rows, row); }}\n'
           f'/* The first row, its texts copied into a. */\n'
           f'{head}q_{s.name}_one(store_tx *tx, arena *a, {choose}{one}struct {row} *row, bool *found) {{\n'
           f'    return sql_one(tx, {which}, {pass_one}, a, row, found);\n}}\n')
    if s.outputs.list:
        out += (f'/* All rows, added to the list with their texts copied into a. */\n'
                f'{head}q_{s.name}_all(store_tx *tx, arena *a, {choose}{given}{comma}struct {s.outputs.list} *list) {{\n'
                f'    struct sql_list all = {{list->at, sizeof *list->at, list->count, list->room}};\n'
                f'    error *e = sql_all(tx, {which}, {pass_many}, a, &all);\n'
                f'    list->at = all.at;\n    list->count = all.count;\n    list->room = all.room;\n    return e;\n}}\n')
    return out


def header(statements):
    out = ['/* Made by tools/sqlgen.py from the catalogue src/store/sql; do not edit. */\n'
           '#ifndef JOINERY_STORE_QUERIES_H\n#define JOINERY_STORE_QUERIES_H\n\n#include "store/rows.h"\n\n']
    count = 0
    for s in statements:
        for side in (s.inputs, s.outputs):
            if side:
                out.append(side.c_struct())
        out.append(f'extern const struct sql sql_{s.name}[{len(s.choices)}];\n{wrapper(s)}\n')
        count += len(s.choices)
    out.append(f'enum {{ SQL_STATEMENTS = {count} }};\n\n#endif\n')
    return ''.join(out)


def source(statements, migrations, numbers):
    out = ['/* Made by tools/sqlgen.py from the catalogue src/store/sql; do not edit. */\n#include "queries.h"\n\n#include <stddef.h>\n\n']
    number = 0
    for s in statements:
        sides = []
        for side, name in ((s.inputs, 'in'), (s.outputs, 'out')):
            if side:
                out.append(side.c_table(f'{s.name}_{name}'))
            sides += [f'{s.name}_{name}', str(len(side.fields))] if side else ['NULL', '0']
        out.append(f'const struct sql sql_{s.name}[{len(s.choices)}] = {{\n')
        for choice in s.choices:
            texts = ', '.join(c_string(s.text(dialect, choice, numbers)) for dialect in DIALECTS)
            many = s.many(choice, numbers)
            many = c_string(many) if many else 'NULL'
            out.append(f'    {{"{s.name}", {number}, {", ".join(sides)}, {{{texts}}}, {many}}},\n')
            number += 1
        out.append('};\n\n')
    out.append('const struct migration migrations[] = {\n')
    for path in migrations:
        body = path.read_text()
        texts = ', '.join(c_string(substitute(path, strip_comments(body), DIALECTS[d], numbers)) for d in DIALECTS)
        out.append(f'    {{{int(path.name.split("_")[0])}, "{path.stem}", "{hashlib.sha256(body.encode()).hexdigest()}", {{{texts}}}}},\n')
    out.append(f'}};\nconst size_t migration_count = {len(migrations)};\nconst size_t sql_statement_count = {number};\n')
    return ''.join(out)


def strip_comments(sql):
    return '\n'.join(line for line in sql.splitlines() if line.strip() and not line.startswith('--')) + '\n'


def postgres(statements, migrations, numbers):
    out = [substitute(path, strip_comments(path.read_text()), DIALECTS['postgres'], numbers) for path in migrations]
    for s in statements:
        for i, choice in enumerate(s.choices):
            out.append(f'prepare {s.name}_{i} as {s.text("postgres", choice, numbers)};\n')
    return ''.join(out)


def main():
    options, files = {}, []
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        if argument == '--postgres':
            options[argument] = True
        elif argument in ('--enums', '--header', '--source'):
            options[argument] = next(arguments, None)
        else:
            files.append(pathlib.Path(argument))
    if not files or '--enums' not in options:
        sys.exit(__doc__)
    numbers = enumeration_numbers(options['--enums'])
    migrations = sorted((f for f in files if f.parent.name == 'migrations'), key=lambda f: f.name)
    statements = [s for f in sorted(files) if f.parent.name != 'migrations' for s in read_statements(f)]
    names = [s.name for s in statements]
    for name in names:
        if names.count(name) > 1:
            fail(name, 'named twice')
    if '--postgres' in options:
        sys.stdout.write(postgres(statements, migrations, numbers))
        return
    pathlib.Path(options['--header']).write_text(header(statements))
    pathlib.Path(options['--source']).write_text(source(statements, migrations, numbers))


main()
