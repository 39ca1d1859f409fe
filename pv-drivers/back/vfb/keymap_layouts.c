/* SPDX-License-Identifier: MIT */
/*
 * The keyboards keymap= may name: what stands on their keys (see keymap.h for the order), alone,
 * with Shift, and with AltGr. Names are those QEMU's keyboards have. In ascending order.
 */
#include "keymap.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct keymap maps[] = {
	{ "da",
	  { u"½1234567890+´qwertyuiopå¨asdfghjklæø'<zxcvbnm,.- ",
	    u"§!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÆØ*>ZXCVBNM;:_ ",
	    u"¾¡@£$½¥{[]}±|@ €®þ    þ¨~ªßð      ´^ \\«»©   µ¸·  " } },
	{ "de",
	  { u"^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.- ",
	    u"°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_ ",
	    u"¬¹²³¼½¬{[]}\\¸@ €¶    øþ¨~æ ð       ^ |»«¢   µ·   " } },
	{ "de-ch",
	  { u"§1234567890'^qwertzuiopü¨asdfghjklöä$<yxcvbnm,.- ",
	    u"°+\"*ç%&/()=?`QWERTZUIOPè!ASDFGHJKLéà£>YXCVBNM;:_ ",
	    u"¬|@#¼½¬|¢]}´~@ €¶     þ[]æßð      ´{}\\«»¢   µ ·  " } },
	{ "en-gb",
	  { u"`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./ ",
	    u"¬!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>? ",
	    u"|¹²³€½¾{[]}\\¸@  ¶    øþ¨~æßð      ´^`|«»¢   µ ·  " } },
	{ "en-us",
	  { u"`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./ ",
	    u"~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|>ZXCVBNM<>? ",
	    u"                                     |           " } },
	{ "es",
	  { u"º1234567890'¡qwertyuiop`+asdfghjklñ´ç<zxcvbnm,.- ",
	    u"ª!\"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨Ç>ZXCVBNM;:_ ",
	    u"\\|@#~½¬{[]}\\~@ €¶    øþ[]æßð      ~{}|«»¢   µ ·  " } },
	{ "fi",
	  { u"§1234567890+´qwertyuiopå¨asdfghjklöä'<zxcvbnm,.- ",
	    u"½!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÖÄ*>ZXCVBNM;:_ ",
	    u"  @£$  {[]}\\¸  € þ      ~ ßð      øæ | ×    µ    " } },
	{ "fr",
	  { u"²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:! ",
	    u"~1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§ ",
	    u"¬¹~#{[|`\\^@]}æ«€¶    øþ¨¤@ßð      µ^`| »¢   ´ ·  " } },
	{ "fr-be",
	  { u"²&é\"'(§è!çà)-azertyuiop^$qsdfghjklmùµ<wxcvbn,;:= ",
	    u"³1234567890°_AZERTYUIOP¨*QSDFGHJKLM%£>WXCVBN?./+ ",
	    u"¬|@#¼½^{[{}\\¸@ €¶     þ[]æßð      ´´`\\«»¢   ¸ ·~ " } },
	{ "fr-ch",
	  { u"§1234567890'^qwertzuiopè¨asdfghjkléà$<yxcvbnm,.- ",
	    u"°+\"*ç%&/()=?`QWERTZUIOPü!ASDFGHJKLöä£>YXCVBNM;:_ ",
	    u"¬|@#¼½¬|¢]}´~@ €¶     þ[]æßð      ´{}\\«»¢   µ ·  " } },
	{ "is",
	  { u"°1234567890ö-qwertyuiopð'asdfghjklæ´+<zxcvbnm,.þ ",
	    u"¨!\"#$%&/()=Ö_QWERTYUIOPÐ?ASDFGHJKLÆ *>ZXCVBNM;:Þ ",
	    u"¬¹²³¼½¬{[]}\\¸@ €¶    øþ¨~æß       ^^`|«»¢   µ ·  " } },
	{ "it",
	  { u"\\1234567890'ìqwertyuiopè+asdfghjklòàù<zxcvbnm,.- ",
	    u"|!\"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°§>ZXCVBNM;:_ ",
	    u"¬¹²³¼½¬{[]}`~@ €¶    øþ[]æßð      @#`««»¢  ñµ´·  " } },
	{ "nl",
	  { u"@1234567890/°qwertyuiop¨*asdfghjkl+´<]zxcvbnm,.- ",
	    u"§!\"#$%&_()'?~QWERTYUIOP^|ASDFGHJKL±`>[ZXCVBNM;:= ",
	    u"¬¹²³¼½¾£{}°\\¸@ €¶þÿüïò¶~~áßðª     ´'`|«»¢  ñ ¸·  " } },
	{ "no",
	  { u"|1234567890+\\qwertyuiopå¨asdfghjkløæ'<zxcvbnm,.- ",
	    u"§!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLØÆ*>ZXCVBNM;:_ ",
	    u"¦¡@£$½¥{[]}±´@ €®þ     ¨~ªßð      ´^ ½«»©   µ¸   " } },
	{ "pt",
	  { u"\\1234567890'«qwertyuiop+´asdfghjklçº~<zxcvbnm,.- ",
	    u"|!\"#$%&/()=?»QWERTYUIOP*`ASDFGHJKLÇª^>ZXCVBNM;:_ ",
	    u"¬¹@£§½¬{[]}\\¸@ €¶    øþ¨~æßð      ´^`\\«»¢   µ ·  " } },
	{ "pt-br",
	  { u"'1234567890-=qwertyuiop´[asdfghjklç~]\\zxcvbnm,.;/",
	    u"\"!@#$%¨&*()_+QWERTYUIOP`{ASDFGHJKLÇ^}|ZXCVBNM<>:?",
	    u"¬¹²³£¢¬{[]}\\§/?€®    øþ´ªæßð      ´~ºº«»©   µ · °" } },
	{ "sv",
	  { u"§1234567890+´qwertyuiopå¨asdfghjklöä'<zxcvbnm,.- ",
	    u"½!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÖÄ*>ZXCVBNM;:_ ",
	    u"  @£$  {[]}\\¸  € þ      ~ ßð      øæ | ×    µ    " } },
};
/* clang-format on */

const char keymap_names[] = "da, de, de-ch, en-gb, en-us, es, fi, fr, fr-be, "
			    "fr-ch, is, it, nl, no, pt, pt-br or sv";

static int compare(const void *name, const void *map)
{
	return strcmp(name, ((const struct keymap *)map)->name);
}

const struct keymap *keymap_find(const char *name)
{
	return bsearch(*name ? name : "en-us", maps, sizeof(maps) / sizeof(maps[0]),
		       sizeof(maps[0]), compare);
}
