/* The stand-in's own page. */
#ifndef DEMO_PAGE_H
#define DEMO_PAGE_H

extern const char page_html[];

#endif
