/* Planted bugs: each must be found, or the checker is blind to its kind. */
#ifndef TEST_SIM_PLANTED_H
#define TEST_SIM_PLANTED_H

/* Lets each live, seed after seed, until it is found; the exit code. Only a
 * build with MOONCRON_MUTANTS has any. */
int planted_find(void);

#endif
