mutliplier { production = 1 }
