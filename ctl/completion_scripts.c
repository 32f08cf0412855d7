/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/completion.h"

#include <stddef.h>
#include <string.h>

/*
 * readline takes what stands between `=` and `:` for words of their own: they are put together again, and what it will
 * leave as it is is cut off from what is offered. What is offered is quoted: whoever names a domain must not get a
 * command run by somebody who completes it.
 */
static const char bash[] = "# bash completion for virtmeterctl\n"
                           "_virtmeterctl() {\n"
                           "  local words=() word glue= kept= candidate quoted i\n"
                           "  for ((i = 1; i <= COMP_CWORD; i++)); do\n"
                           "    word=${COMP_WORDS[i]}\n"
                           "    if [[ $glue || $word == [=:] ]] && ((${#words[@]} > 0)); then\n"
                           "      kept=${words[-1]}\n"
                           "      words[-1]+=$word\n"
                           "    else\n"
                           "      kept=\n"
                           "      words+=(\"$word\")\n"
                           "    fi\n"
                           "    glue=\n"
                           "    if [[ $word == [=:] ]]; then glue=yes kept=${words[-1]}; fi\n"
                           "  done\n"
                           "  COMPREPLY=()\n"
                           "  while IFS=$'\\t' read -r candidate _; do\n"
                           "    if [[ $candidate == :files ]]; then\n"
                           "      compopt -o default 2>/dev/null\n"
                           "      continue\n"
                           "    fi\n"
                           "    printf -v quoted %q \"${candidate#\"$kept\"}\"\n"
                           "    if [[ $candidate == *= ]]; then\n"
                           "      compopt -o nospace 2>/dev/null\n"
                           "      quoted=${candidate#\"$kept\"}\n"
                           "    fi\n"
                           "    COMPREPLY+=(\"$quoted\")\n"
                           "  done < <(\"${COMP_WORDS[0]}\" __complete \"${words[@]}\" 2>/dev/null)\n"
                           "}\n"
                           "complete -F _virtmeterctl virtmeterctl\n";

static const char zsh[] =
    "#compdef virtmeterctl\n"
    "_virtmeterctl() {\n"
    "  local -a values helps\n"
    "  local line\n"
    "  for line in \"${(@f)$(\"${words[1]}\" __complete \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
    "    if [[ $line == :files ]]; then\n"
    "      _files\n"
    "      return\n"
    "    fi\n"
    "    [[ -n $line ]] || continue\n"
    "    values+=(\"${line%%$'\\t'*}\")\n"
    "    helps+=(\"${values[-1]}  ${line#*$'\\t'}\")\n"
    "  done\n"
    "  (( ${#values} )) || return 1\n"
    "  if [[ ${values[1]} == *= ]]; then\n"
    "    compadd -S '' -l -d helps -a values\n"
    "  else\n"
    "    compadd -l -d helps -a values\n"
    "  fi\n"
    "}\n"
    "if [[ $funcstack[1] == _virtmeterctl ]]; then\n"
    "  _virtmeterctl \"$@\"\n"
    "else\n"
    "  compdef _virtmeterctl virtmeterctl\n"
    "fi\n";

static const char fish[] = "# fish completion for virtmeterctl\n"
                           "function __virtmeterctl_complete\n"
                           "    set -l words (commandline -opc) (commandline -ct)\n"
                           "    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)\n"
                           "        if test \"$line\" = :files\n"
                           "            __fish_complete_path (commandline -ct)\n"
                           "        else\n"
                           "            echo $line\n"
                           "        end\n"
                           "    end\n"
                           "end\n"
                           "complete -c virtmeterctl -f -a '(__virtmeterctl_complete)'\n";

const char *vmt_completion_script(const char *shell)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (unsigned i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (!strcmp(scripts[i].shell, shell))
            return scripts[i].script;
    return NULL;
}
