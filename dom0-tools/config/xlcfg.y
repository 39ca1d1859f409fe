/* SPDX-License-Identifier: MIT */
/*
 * The grammar of configuration files; see syntax.h. After a fault the rest of the line is skipped, so
 * that one reading reports every bad line. The syntax owns each finished setting at once; what a fault
 * leaves on the stack is freed by the destructors.
 */
%define api.pure full
%define api.prefix {xlcfg_}
%define parse.error custom
%locations
%parse-param { struct scan *scan }
%lex-param { void *scanner }
%parse-param { void *scanner }
%code requires {
#include "config/scan.h"
struct scan;
}
%code provides {
int xlcfg_lex(XLCFG_STYPE *value, XLCFG_LTYPE *place, void *scanner);
}
%union {
	char *text;
	struct node *node;
}
%token <text> WORD_NAME "a key's name" WORD_STRING "a string" WORD_NUMBER "a number"
%token WORD_END "the end of the line" WORD_APPEND "+="
%token WORD_BAD "something unreadable"
%token '=' "=" ',' "," '[' "[" ']' "]"
%token END 0 "the end of the text"
%type <node> value items
%destructor { free($$); } <text>
%destructor { node_free($$); } <node>
%code {
#define PLACE(l) ((struct place){ (unsigned int)(l).first_line, (unsigned int)(l).first_column })
#define NEED(what)                                    \
	do {                                          \
		if (!(what)) {                        \
			scan_no_memory(scan);         \
			YYABORT;                      \
		}                                     \
	} while (0)

static void xlcfg_error(XLCFG_LTYPE *place, struct scan *scan, void *scanner, const char *message)
{
	syntax_fault(scan->syntax, scan->source, PLACE(*place), true, "%s", message);
}
}

%%
file:	  %empty
	| file line
	;
line:	  WORD_END
	| setting WORD_END
	| error WORD_END	{ scan->brackets = 0; yyerrok; }
	;
setting:  WORD_NAME '=' value		{ NEED(syntax_set(scan->syntax, $1, false, $3, PLACE(@1))); }
	| WORD_NAME WORD_APPEND value	{ NEED(syntax_set(scan->syntax, $1, true, $3, PLACE(@1))); }
	;
value:	  WORD_STRING	{ $$ = node_atom(NODE_STRING, $1, PLACE(@1)); NEED($$); }
	| WORD_NUMBER	{ $$ = node_atom(NODE_NUMBER, $1, PLACE(@1)); NEED($$); }
	| '[' ']'	{ $$ = node_list(PLACE(@1)); NEED($$); }
	| '[' items ']'		{ $$ = $2; $$->place = PLACE(@1); }
	| '[' items ',' ']'	{ $$ = $2; $$->place = PLACE(@1); }
	;
items:	  value {
		$$ = node_list(PLACE(@1));
		if (!scan_append(scan, $$, $1))
			YYERROR;
	}
	| items ',' value {
		$$ = $1;
		if (!scan_append(scan, $$, $3))
			YYERROR;
	}
	;
%%

static int yyreport_syntax_error(const yypcontext_t *context, struct scan *scan, void *scanner)
{
	enum { MOST = 5 };
	yysymbol_kind_t wanted[MOST + 1];
	yysymbol_kind_t got = yypcontext_token(context);
	int nr = yypcontext_expected_tokens(context, wanted, MOST + 1);
	char list[160] = "";
	size_t used = 0;

	if (got == YYSYMBOL_WORD_BAD)
		return 0; /* the scanner has told */
	for (int i = 0; i < nr && i < MOST && used < sizeof(list); i++) {
		int n = snprintf(list + used, sizeof(list) - used, "%s%s", i ? i + 1 == nr ? " or " : ", " : "",
				 yysymbol_name(wanted[i]));

		used += n > 0 ? (size_t)n : 0;
	}
	scan_unexpected(scan, yypcontext_location(context)->first_line, yypcontext_location(context)->first_column,
			got == YYSYMBOL_YYEMPTY ? "nothing" : yysymbol_name(got), list);
	return 0;
}
